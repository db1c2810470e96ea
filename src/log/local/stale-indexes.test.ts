/** What was cut off an index after a crash does not come back after the next one, and does not pass for younger records. Fails when invariant I30 does not hold. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextProcess, type TestEnv, testEnv } from '../../../sim/test-env.ts';
import { settle } from '../../../sim/virtual-clock.ts';
import { appendTo, logId, logSettings, whenProgress } from '../log.fixture.ts';
import type { PartitionLog } from '../log-engine.ts';
import { fileName, LOG, OFFSET_INDEX, TIME_INDEX } from './file-names.ts';
import { LocalLogEngine } from './local-engine.ts';

const settings = logSettings({ indexIntervalBytes: 0 });
const TIME = 1_700_000_000_000;
const LATER = TIME + 1_000_000;
/** Far more entries than an index keeps in memory. */
const LOST = 2_500;
const KEPT = 10;

async function open(env: TestEnv): Promise<PartitionLog> {
  const engine = await LocalLogEngine.start({ env, root: 'data', checkpointIntervalMs: () => 1_000 });
  return engine.open(logId(), settings);
}

/** Has the recovery point behind what was appended. */
async function checkpoint(env: TestEnv, log: PartitionLog): Promise<void> {
  log.requestSync();
  await whenProgress(log, () => log.durableOffset === log.endOffset);
  await env.clock.advance(10_000);
}

function afterPowerLoss(env: TestEnv): TestEnv {
  env.disk.crash();
  return nextProcess(env, testEnv());
}

/** The system has written the indexes as far as they had come, and not the records. */
async function loseRecordsAndKeepIndexes(env: TestEnv): Promise<TestEnv> {
  const log = await open(env);
  for (let offset = 0; offset < KEPT; offset += 1) appendTo(log, { timestamp: TIME + offset });
  await checkpoint(env, log);
  const durableBytes = log.bytes;
  for (let offset = KEPT; offset < KEPT + LOST; offset += 1) {
    appendTo(log, { timestamp: TIME + offset });
    if (offset % 100 === 0) await settle(1);
  }
  await whenProgress(log, () => log.writtenOffset === log.endOffset);
  await settle(5);
  for (const suffix of [OFFSET_INDEX, TIME_INDEX]) {
    const index = await env.disk.open(`data/orders-0/${fileName(0, suffix)}`, 'existing');
    assert.ok((await index.size()) > 2 * KEPT * 12);
    await index.sync();
  }
  await env.disk.syncDirectory('data/orders-0');
  const after = afterPowerLoss(env);
  const segment = await after.disk.open(`data/orders-0/${fileName(0, LOG)}`, 'existing');
  await segment.truncate(durableBytes);
  await segment.sync();
  return after;
}

/** A first recovery is killed in its next use of an index that it has cut. */
async function killRecovery(env: TestEnv): Promise<TestEnv> {
  const killed = new Promise<void>((resolve) => {
    let isCut = false;
    env.disk.judge = ({ kind, path }) => {
      if (!path.endsWith(TIME_INDEX)) return { kind: 'ok' };
      if (kind === 'truncate') isCut = true;
      else if (isCut) {
        env.disk.kill();
        resolve();
      }
      return { kind: 'ok' };
    };
  });
  void open(env);
  await killed;
  return { ...testEnv(), clock: env.clock, timers: env.clock, disk: env.disk.restarted(env.clock) };
}

async function losesNothing(recoveries: (env: TestEnv) => Promise<TestEnv>): Promise<void> {
  for (let seed = 1; seed <= 20; seed += 1) {
    const second = await recoveries(await loseRecordsAndKeepIndexes(testEnv(seed)));
    const log = await open(second);
    assert.equal(log.endOffset, KEPT);
    // The timestamps fall, so that lost ones look right behind the first of these.
    for (let offset = KEPT; offset < 2 * KEPT; offset += 1) appendTo(log, { timestamp: LATER - offset });
    await checkpoint(second, log);
    const again = await open(afterPowerLoss(second));
    assert.equal(again.endOffset, 2 * KEPT);
    const [timestamp, offset] = [LATER - KEPT, KEPT];
    assert.deepEqual(await again.offsetOfMaxTimestamp(), { timestamp, offset, leaderEpoch: 0 }, `seed ${seed}`);
    const found = await again.offsetForTimestamp({ timestamp: LATER - KEPT, endOffset: 2 * KEPT });
    assert.deepEqual(found, { timestamp, offset, leaderEpoch: 0 }, `seed ${seed}`);
  }
}

test('index entries of records that a crash took do not come back with the next crash, for the records that came instead', () =>
  losesNothing(async (env) => env));

test('nor do they when the recovery that cut them off was killed in its next call', () => losesNothing(killRecovery));
