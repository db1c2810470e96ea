/** Fails when invariant I23 does not hold. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testEnv } from '../../../sim/test-env.ts';
import { logId } from '../log.fixture.ts';
import { logEngineContract } from '../log-engine.contract.ts';
import { movedSettings, startDirectories } from './moving-log.fixture.ts';

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

test('a log that is placed while the free space is asked for counts for the next one', async (t) => {
  const env = testEnv();
  const engine = await startDirectories(env);
  t.after(() => engine.close());
  const space = env.disk.space.bind(env.disk);
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  const slow = t.mock.method(env.disk, 'space', async (path: string) => {
    const found = await space(path);
    if (path === 'c') {
      asked.resolve();
      await answer.promise;
    }
    return found;
  });
  const second = engine.open(logId({ partition: 1 }), movedSettings);
  await asked.promise;
  slow.mock.restore();
  await engine.open(logId({ partition: 0 }), movedSettings);
  answer.resolve();
  await second;
  const logs = (await engine.directories()).map(({ path, logs }) => [path, logs.map(({ id }) => id.partition)]);
  assert.deepEqual(logs, [
    ['a', [0]],
    ['b', [1]],
    ['c', []],
  ]);
});
