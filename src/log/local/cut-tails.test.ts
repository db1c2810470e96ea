/**
 * What recovery cut off a segment does not come back with the next power loss, whatever became of the recovery: neither as records nor as a reason to take what follows
 * for never acknowledged. Fails when invariant I4 does not hold.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type TestEnv, testEnv } from '../../../sim/test-env.ts';
import { settle } from '../../../sim/virtual-clock.ts';
import { present } from '../../base/assert.ts';
import { DiskFault } from '../../base/faults.ts';
import { partitionLeaderEpoch } from '../../protocol/batch/header.ts';
import { appendTo, logId, logSettings, whenProgress } from '../log.fixture.ts';
import type { LogSettings, PartitionLog } from '../log-engine.ts';
import { fileName, LOG } from './file-names.ts';
import { LocalLogEngine } from './local-engine.ts';

const SEGMENT = `data/orders-0/${fileName(0, LOG)}`;
const SEEDS = 40;
const CHECKPOINT_MS = 5_000;

function start(env: TestEnv): Promise<LocalLogEngine> {
  return LocalLogEngine.start({ env, root: 'data', checkpointIntervalMs: () => CHECKPOINT_MS });
}

async function open(env: TestEnv, settings: LogSettings): Promise<PartitionLog> {
  return (await start(env)).open(logId(), settings);
}

function restarted(env: TestEnv): TestEnv {
  return { ...testEnv(), clock: env.clock, timers: env.clock, disk: env.disk.restarted(env.clock) };
}

async function makeDurable(log: PartitionLog): Promise<void> {
  log.requestSync();
  await whenProgress(log, () => log.durableOffset === log.endOffset);
}

/** One durable batch, and behind a hole another that was never acknowledged: what a power loss may leave of three. */
async function tornLog(seed: number): Promise<TestEnv> {
  const env = testEnv(seed);
  const log = await open(env, logSettings());
  appendTo(log, { leaderEpoch: 0 });
  await makeDurable(log);
  // With the recovery point at its end, the next recovery has nothing to write again.
  await env.clock.advance(CHECKPOINT_MS);
  const { bytes } = log;
  for (let count = 0; count < 2; count += 1) appendTo(log, { leaderEpoch: 0 });
  await whenProgress(log, () => log.writtenOffset === 3);
  const file = await env.disk.open(SEGMENT, 'existing');
  await file.write([Buffer.alloc(bytes)], bytes);
  await file.sync();
  env.disk.crash();
  assert.equal(present(env.disk.file(SEGMENT), 'the segment is there').bytes, 3 * bytes);
  return restarted(env);
}

/** A recovery of the log is killed in its call number `call` that changes the segment. Undefined: it has fewer. */
async function killedRecovery(env: TestEnv, call: number): Promise<TestEnv | undefined> {
  let calls = 0;
  const killed = new Promise<true>((resolve) => {
    env.disk.judge = ({ changes, path }) => {
      if (!changes || path !== SEGMENT) return { kind: 'ok' };
      calls += 1;
      if (calls < call) return { kind: 'ok' };
      env.disk.kill();
      resolve(true);
      return { kind: 'ok' };
    };
  });
  const isKilled = await Promise.race([killed, open(env, logSettings()).then(() => false)]);
  return isKilled ? restarted(env) : undefined;
}

async function epochsOf(log: PartitionLog): Promise<readonly number[]> {
  const epochs: number[] = [];
  await log.scan(0, (batch) => epochs.push(partitionLeaderEpoch(batch)));
  return epochs;
}

test('a tail that a recovery cut off before it was killed does not come back behind younger records', async () => {
  let calls = 1;
  for (let isThrough = false; !isThrough; calls += 1) {
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const second = await killedRecovery(await tornLog(seed), calls);
      isThrough = second === undefined;
      if (second === undefined) break;
      const log = await open(second, logSettings());
      assert.equal(log.endOffset, 1);
      for (let count = 0; count < 2; count += 1) {
        appendTo(log, { leaderEpoch: 1 });
        await whenProgress(log, () => log.writtenOffset === log.endOffset);
      }
      second.disk.crash();
      const epochs = await epochsOf(await open(restarted(second), logSettings()));
      assert.deepEqual(epochs, [0, 1, 1].slice(0, epochs.length), `seed ${seed}, killed in call ${calls}`);
    }
  }
  assert.ok(calls > 3);
});

test('a tail that a recovery cut off, and whose sync failed, takes nothing along that was acknowledged since', async () => {
  for (const failing of [1, 2]) {
    const settings = logSettings({ segmentBytes: 100 });
    const env = await tornLog(failing);
    let syncs = 0;
    env.disk.judge = ({ kind, path }) => {
      if (kind !== 'sync' || path !== SEGMENT) return { kind: 'ok' };
      syncs += 1;
      return syncs === failing ? { kind: 'fault', fault: 'io' } : { kind: 'ok' };
    };
    const engine = await start(env);
    await assert.rejects(engine.open(logId(), settings), DiskFault);
    const log = await engine.open(logId(), settings);
    assert.equal(log.endOffset, 1);
    // Each in a segment of its own.
    for (let count = 0; count < 3; count += 1) appendTo(log, { leaderEpoch: 1 });
    await makeDurable(log);
    await settle(20);
    env.disk.crash();
    const after = restarted(env);
    const again = await open(after, settings);
    assert.deepEqual(await epochsOf(again), [0, 1, 1, 1]);
    assert.deepEqual(
      after.logger.lines.filter(({ level }) => level === 'error'),
      [],
    );
  }
});
