import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { testEnv } from '../../../sim/test-env.ts';
import { NodeDisk } from '../../platform/node-disk.ts';
import { appendTo, logId, logSettings } from '../log.fixture.ts';
import { logEngineContract } from '../log-engine.contract.ts';
import { startEngine } from './local-engine.fixture.ts';
import { type LocalEngineOptions, LocalLogEngine } from './local-engine.ts';

async function underTest(
  options: Pick<LocalEngineOptions, 'env' | 'root' | 'recentBatchBytes'>,
  advance: (ms: number) => Promise<void>,
) {
  const start = (): Promise<LocalLogEngine> => LocalLogEngine.start({ ...options, checkpointIntervalMs: () => 60_000 });
  let engine = await start();
  return {
    engine,
    reopen: async () => {
      await engine.close();
      engine = await start();
      return engine;
    },
    advance,
    stop: () => engine.close(),
  };
}

logEngineContract('local files, simulated disk', () => {
  const env = testEnv();
  return underTest({ env, root: 'data' }, (ms) => env.clock.advance(ms));
});

logEngineContract('local files, nothing kept in memory', () => {
  const env = testEnv();
  return underTest({ env, root: 'data', recentBatchBytes: 0 }, (ms) => env.clock.advance(ms));
});

logEngineContract('local files, real disk', async () => {
  const root = await mkdtemp(join(tmpdir(), 'ottla-log-'));
  const env = { ...testEnv(), disk: new NodeDisk() };
  const subject = await underTest({ env, root }, (ms) => env.clock.advance(ms));
  return {
    ...subject,
    stop: async () => {
      await subject.stop();
      await rm(root, { recursive: true });
    },
  };
});

test('a log whose opening ends after the engine was closed gets no checkpoint when a segment is complete', async () => {
  const env = testEnv();
  const engine = await startEngine(env);
  const opening = engine.open(logId(), logSettings({ segmentBytes: 100 }));
  await engine.close();
  const log = await opening;
  for (let index = 0; index < 3; index += 1) appendTo(log, {});
  const before = env.disk.operations;
  await env.clock.advance(10_000);
  assert.ok(env.disk.operations > before, 'what was appended is written all the same');
});
