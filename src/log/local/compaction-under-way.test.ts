/** What happens to a log in files while it is compacted: reads, deletions, a close, disk faults and damage. Power losses are `sim/compaction-crash-points.sim.test.ts`'s. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextProcess, type TestEnv, testEnv } from '../../../sim/test-env.ts';
import { settle } from '../../../sim/virtual-clock.ts';
import { DiskFault } from '../../base/faults.ts';
import { limits } from '../../base/limits.ts';
import { appendKeyed, compactedSettings, compactionRequest, recordsIn } from '../compaction/compaction.fixture.ts';
import { logId, whenProgress } from '../log.fixture.ts';
import type { LogSettings, PartitionLog } from '../log-engine.ts';
import { LogCorrupt } from '../log-faults.ts';
import { checkDirectory } from './check/check-directory.ts';
import { startEngine } from './local-engine.fixture.ts';
import { LocalLogEngine } from './local-engine.ts';

const DIRECTORY = 'data/orders-0';

interface Subject {
  readonly env: TestEnv;
  readonly engine: LocalLogEngine;
  readonly log: PartitionLog;
}

/** Complete segments with two records each, of seven keys, and one that takes the appends. */
async function openWithHistory(changes: Partial<LogSettings> = {}, records = 24): Promise<Subject> {
  const env = testEnv();
  // Nothing is read from memory.
  const engine = await LocalLogEngine.start({
    env,
    root: 'data',
    checkpointIntervalMs: () => 60_000,
    recentBatchBytes: 0,
  });
  const log = await engine.open(logId(), compactedSettings({ segmentBytes: 300, ...changes }));
  for (let index = 0; index < records; index += 1) appendKeyed(log, [`key${index % 7}=${`${index}`.padEnd(50, '-')}`]);
  log.requestSync();
  await whenProgress(log, () => log.durableOffset === log.endOffset);
  await settle(30);
  return { env, engine, log };
}

function filesNow({ env }: Subject): readonly string[] {
  return env.disk.filesBelow(DIRECTORY).map((path) => path.slice(DIRECTORY.length + 1));
}

const latest = (records: readonly string[]): string[] => {
  const byKey = new Map(records.map((record) => [record.split(/[:=]/)[1], record]));
  return [...byKey.values()].sort();
};

/** The log after a restart on the same disk. */
async function reopened({ env }: Subject): Promise<PartitionLog> {
  const after = nextProcess(env);
  const engine = await startEngine(after);
  return engine.open(logId(), compactedSettings());
}

test('a reader that reads before, while and after files are swapped sees every offset once and in order, and misses no latest record', async () => {
  const subject = await openWithHistory();
  const { env, log } = subject;
  const before = await recordsIn(log);
  const reads: Promise<string[]>[] = [];
  env.disk.pause = async ({ kind, path }) => {
    if (kind !== 'rename' && kind !== 'syncDirectory') return;
    if (path.startsWith(DIRECTORY)) reads.push(recordsIn(log));
    await settle(3);
  };
  assert.ok((await log.compact(compactionRequest(log))) !== undefined);
  reads.push(recordsIn(log));
  assert.ok(reads.length > 20, `${reads.length} reads`);
  for (const records of await Promise.all(reads)) {
    const offsets = records.map((record) => Number(record.split(':')[0]));
    assert.deepEqual(
      offsets,
      [...new Set(offsets)].sort((a, b) => a - b),
    );
    assert.deepEqual(latest(records), latest(before));
  }
  assert.ok((await recordsIn(log)).length < before.length);
});

test('records that are deleted during a compaction do not come back with it', async () => {
  const subject = await openWithHistory();
  const { env, log } = subject;
  const before = await recordsIn(log);
  let paces = 0;
  const pace = async (): Promise<void> => {
    paces += 1;
    // All keys are collected then.
    if (paces === 15) await log.advanceStart(18);
  };
  await log.compact(compactionRequest(log, { pace }));
  assert.ok(paces >= 15);
  await settle(30);
  await env.clock.advance(1);
  const expected = before.slice(18);
  assert.deepEqual(
    (await recordsIn(log)).filter((record) => Number(record.split(':')[0]) >= 18),
    expected,
  );
  assert.equal(log.startOffset, 18);
  await log.compact(compactionRequest(log));
  await log.close();
  const again = await reopened(subject);
  assert.equal(again.startOffset, 18);
  assert.deepEqual(latest(await recordsIn(again)), latest(expected));
});

test('with cleanup.policy=compact,delete retention takes segments away during a compaction and after it', async () => {
  const subject = await openWithHistory({ cleanupPolicy: ['compact', 'delete'], retentionBytes: 900 });
  const { log } = subject;
  let removed = 0;
  const pace = async (): Promise<void> => {
    removed += await log.applyRetention(log.endOffset);
  };
  await log.compact(compactionRequest(log, { pace }));
  assert.ok(removed > 0);
  assert.ok(log.startOffset > 0 && log.bytes <= 900 + 300);
  await log.compact(compactionRequest(log));
  const records = await recordsIn(log);
  const { endOffset } = log.cleanable(log.endOffset);
  const cleaned = records.filter((record) => Number(record.split(':')[0]) < endOffset);
  assert.deepEqual(latest(cleaned), cleaned.toSorted(), 'and what stays is compacted');
  await log.close();
  assert.deepEqual(await recordsIn(await reopened(subject)), records);
});

test('compaction lets others have a turn after every few batches, and tells how much it has read and written', async () => {
  const { log } = await openWithHistory({ segmentBytes: 200_000 }, 0);
  for (let index = 0; index < 250; index += 1) appendKeyed(log, [`key${index % 7}=${`${index}`.padEnd(1_000, '-')}`]);
  log.requestSync();
  await whenProgress(log, () => log.durableOffset === log.endOffset);
  const turns: number[] = [];
  const pace = async (bytes: number): Promise<void> => {
    turns.push(bytes);
  };
  await settle(30);
  const { dirtyBytes } = log.cleanable(log.endOffset);
  assert.ok(dirtyBytes > 10 * limits.compactionTurnBytes);
  const result = await log.compact(compactionRequest(log, { pace }));
  const batchBytes = 1_100;
  assert.ok(
    turns.every((bytes) => bytes < limits.compactionTurnBytes + batchBytes),
    `${turns}`,
  );
  const total = turns.reduce((sum, bytes) => sum + bytes, 0);
  assert.equal(total, 2 * dirtyBytes, 'all is read twice, and what stays is less than is written at once');
  assert.ok((result?.bytesAfter ?? 0) < 8 * batchBytes);
});

test('a close ends a compaction, and a log that is removed then leaves nothing behind', async () => {
  const subject = await openWithHistory();
  const { env, engine, log } = subject;
  let closed: Promise<void> | undefined;
  const pace = async (): Promise<void> => {
    closed ??= log.close();
  };
  assert.equal(await log.compact(compactionRequest(log, { pace })), undefined);
  await closed;
  assert.deepEqual(
    filesNow(subject).filter((name) => /cleaned|swap/.test(name)),
    [],
  );
  await engine.remove(log.id);
  await engine.close();
  assert.deepEqual(
    env.disk.filesBelow('data').filter((path) => path.includes('orders')),
    [],
  );
});

test('a swap that fails halfway at any of its calls, is finished or undone when the log is opened again', async () => {
  for (let call = 0; ; call += 1) {
    const subject = await openWithHistory({}, 11);
    const { env, engine, log } = subject;
    const before = await recordsIn(log);
    let calls = 0;
    env.disk.judge = ({ kind, path }) => {
      if ((kind !== 'rename' && kind !== 'syncDirectory') || !path.startsWith(DIRECTORY)) return { kind: 'ok' };
      calls += 1;
      return calls === call + 1 ? { kind: 'fault', fault: call % 2 === 0 ? 'io' : 'full' } : { kind: 'ok' };
    };
    const outcome = await log.compact(compactionRequest(log)).catch((error: unknown) => error);
    if (calls <= call) {
      assert.ok(call > 20, `${call} calls`);
      break;
    }
    assert.ok(outcome instanceof DiskFault, `call ${call}`);
    env.disk.heal();
    await log.close().catch(() => {});
    const again = await engine.open(logId(), compactedSettings());
    const records = await recordsIn(again);
    assert.deepEqual(latest(records), latest(before), `call ${call}`);
    assert.ok(records.every((record) => before.includes(record)));
    assert.deepEqual(
      filesNow(subject).filter((name) => /cleaned|swap/.test(name)),
      [],
    );
    await again.compact(compactionRequest(again));
    assert.deepEqual(latest(await recordsIn(again)), latest(before));
  }
});

for (const [what, at] of [
  ['a record', 61 + 30],
  ['the length', 9],
] as const) {
  test(`a bit that fell over in ${what} ends the compaction, and the log stays as it was`, async () => {
    const subject = await openWithHistory();
    const { env, log } = subject;
    const path = env.disk.filesBelow(DIRECTORY).find((name) => name.endsWith('0004.log')) ?? '';
    const file = env.disk.file(path);
    const byte = Buffer.alloc(1);
    file?.read(byte, at);
    file?.write(at, Buffer.from([(byte[0] ?? 0) ^ 4]));
    const before = filesNow(subject);
    await assert.rejects(log.compact(compactionRequest(log)), LogCorrupt);
    assert.deepEqual(filesNow(subject), before);
  });
}

test('gaps that a compaction has left which did not end are not taken for lost records', async () => {
  const { env, engine, log } = await openWithHistory();
  // After the first segment was swapped.
  const abort = new AbortController();
  env.disk.judge = ({ kind, path }) => {
    if (kind === 'rename' && path.endsWith('.swap')) abort.abort();
    return { kind: 'ok' };
  };
  assert.equal(await log.compact(compactionRequest(log, { signal: abort.signal })), undefined);
  const [cut] = await engine.cut();
  assert.equal(cut?.cleanOffset, 0);
  const report = await checkDirectory({ world: { disk: env.disk, pause: async () => {} }, root: 'data' });
  const [checked] = report.logs;
  assert.ok((checked?.records ?? 24) < 24, 'some are gone');
  assert.deepEqual(
    checked?.faults.faults.filter(({ harm }) => harm === 'data'),
    [],
  );
});
