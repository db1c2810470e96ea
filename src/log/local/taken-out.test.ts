/**
 * What recovery took out of a log because it lies behind the end does not come back among younger records, also when the recovery was killed before that was durable.
 * Fails when invariant I4 does not hold.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type TestEnv, testEnv } from '../../../sim/test-env.ts';
import { partitionLeaderEpoch } from '../../protocol/batch/header.ts';
import { appendTo, logId, logSettings, whenProgress } from '../log.fixture.ts';
import type { LogSettings, PartitionLog } from '../log-engine.ts';
import { fileName, LOG, OFFSET_INDEX, TIME_INDEX } from './file-names.ts';
import { LocalLogEngine } from './local-engine.ts';

const DIRECTORY = 'data/orders-0';
const CHECKPOINT_MS = 5_000;
const SEEDS = 20;

async function open(env: TestEnv, settings: LogSettings = logSettings()): Promise<PartitionLog> {
  const engine = await LocalLogEngine.start({ env, root: 'data', checkpointIntervalMs: () => CHECKPOINT_MS });
  return engine.open(logId(), settings);
}

function restarted(env: TestEnv): TestEnv {
  return { ...testEnv(), clock: env.clock, timers: env.clock, disk: env.disk.restarted(env.clock) };
}

async function makeDurable(log: PartitionLog): Promise<void> {
  log.requestSync();
  await whenProgress(log, () => log.durableOffset === log.endOffset);
}

/** One durable batch below the recovery point, two that were never acknowledged, and a snapshot behind them. */
async function begun(env: TestEnv, settings: LogSettings): Promise<PartitionLog> {
  const log = await open(env, settings);
  appendTo(log, { leaderEpoch: 0 });
  await makeDurable(log);
  await env.clock.advance(CHECKPOINT_MS);
  for (let count = 0; count < 2; count += 1) appendTo(log, { leaderEpoch: 0 });
  await whenProgress(log, () => log.writtenOffset === 3);
  return log;
}

async function killRecovery(env: TestEnv): Promise<TestEnv> {
  const killed = new Promise<void>((resolve) => {
    env.disk.pause = async ({ kind, path }) => {
      if (kind !== 'syncDirectory' || path !== DIRECTORY) return;
      env.disk.kill();
      resolve();
    };
  });
  void open(env);
  await killed;
  return restarted(env);
}

/** The log goes on, up to `offset`, and loses its power before the next checkpoint. */
async function goOn(env: TestEnv, offset: number): Promise<PartitionLog> {
  const log = await open(env);
  assert.equal(log.endOffset, 1);
  while (log.endOffset < offset) appendTo(log, { leaderEpoch: 1 });
  await makeDurable(log);
  env.disk.crash();
  return open(restarted(env));
}

test('a segment behind a gap is not taken for what follows when the log ends before it', async () => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const env = testEnv(seed);
    await begun(env, logSettings({ segmentBytes: 100 }));
    for (const suffix of [LOG, OFFSET_INDEX, TIME_INDEX]) await env.disk.remove(`${DIRECTORY}/${fileName(1, suffix)}`);
    await env.disk.syncDirectory(DIRECTORY);
    const last = await env.disk.open(`${DIRECTORY}/${fileName(2, LOG)}`, 'existing');
    await last.sync();
    env.disk.crash();
    const log = await goOn(await killRecovery(restarted(env)), 2);
    const epochs: number[] = [];
    await log.scan(0, (batch) => epochs.push(partitionLeaderEpoch(batch)));
    assert.deepEqual(epochs, [0, 1], `seed ${seed}`);
  }
});

test('a snapshot of records that are lost is not taken for one of those in their place', async () => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const env = testEnv(seed);
    const log = await begun(env, logSettings());
    await log.writeSnapshot(3, Buffer.from('of lost records'));
    await env.disk.syncDirectory(DIRECTORY);
    const segment = await env.disk.open(`${DIRECTORY}/${fileName(0, LOG)}`, 'existing');
    await segment.truncate(log.bytes / 3);
    await segment.sync();
    env.disk.crash();
    const again = await goOn(await killRecovery(restarted(env)), 5);
    assert.equal(again.endOffset, 5);
    assert.equal(await again.latestSnapshot(String), undefined, `seed ${seed}`);
  }
});
