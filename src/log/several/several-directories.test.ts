/** Fails when invariant I23 does not hold. */
import { testEnv } from '../../../sim/test-env.ts';
import { LocalLogEngine } from '../local/local-engine.ts';
import { logEngineContract } from '../log-engine.contract.ts';
import { SeveralDirectories } from './several-directories.ts';

logEngineContract('local files in three data directories', async () => {
  const env = testEnv();
  const start = (): Promise<SeveralDirectories> =>
    SeveralDirectories.start({
      env,
      paths: ['a', 'b', 'c'],
      metadataPath: 'a',
      isMetadata: () => false,
      isCordoned: () => false,
      open: async (root, onFault) => {
        const engine = await LocalLogEngine.start({ env, root, checkpointIntervalMs: () => 60_000, onFault });
        return { directoryId: root.padEnd(22, '-'), engine, close: () => engine.close() };
      },
    });
  let engine = await start();
  return {
    engine,
    reopen: async () => {
      await engine.close();
      engine = await start();
      return engine;
    },
    advance: (ms) => env.clock.advance(ms),
    stop: () => engine.close(),
  };
});
