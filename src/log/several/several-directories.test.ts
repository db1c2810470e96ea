/** Fails when invariant I23 does not hold. */
import { testEnv } from '../../../sim/test-env.ts';
import { logEngineContract } from '../log-engine.contract.ts';
import { startDirectories } from './moving-log.fixture.ts';

logEngineContract('local files in three data directories', async () => {
  const env = testEnv();
  let engine = await startDirectories(env);
  return {
    engine,
    reopen: async () => {
      await engine.close();
      engine = await startDirectories(env);
      return engine;
    },
    advance: (ms) => env.clock.advance(ms),
    stop: () => engine.close(),
  };
});
