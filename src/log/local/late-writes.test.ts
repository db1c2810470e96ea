/** What is durable by the journal alone need not be in a segment yet: nobody who reads, deletes, copies or restarts can tell. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextProcess, type TestEnv, testEnv } from '../../../sim/test-env.ts';
import { settle } from '../../../sim/virtual-clock.ts';
import { DiskFault } from '../../base/faults.ts';
import { baseOffset } from '../../protocol/batch/header.ts';
import { batchAt, logId, logSettings, whenProgress } from '../log.fixture.ts';
import type { LogSettings, PartitionLog } from '../log-engine.ts';
import { startEngine } from './local-engine.fixture.ts';
import type { LocalLogEngine } from './local-engine.ts';

const LOGS = 5;
const TIMESTAMP = 1_700_000_000_000;

interface Crowd {
  readonly env: TestEnv;
  readonly engine: LocalLogEngine;
  readonly logs: readonly PartitionLog[];
}

function start(env: TestEnv): Promise<LocalLogEngine> {
  return startEngine(env, { recentBatchBytes: 300_000 });
}

function openAll(engine: LocalLogEngine, settings: Partial<LogSettings> = {}): Promise<readonly PartitionLog[]> {
  const ids = Array.from({ length: LOGS }, (_, partition) => logId({ partition }));
  return Promise.all(ids.map((id) => engine.open(id, logSettings(settings))));
}

/** Each log has three batches, which are durable and in no segment. */
async function crowd(settings: Partial<LogSettings> = {}): Promise<Crowd> {
  const env = testEnv();
  const engine = await start(env);
  const logs = await openAll(engine, settings);
  for (let round = 0; round < 3; round += 1) {
    for (const log of logs) {
      log.append(batchAt(log.endOffset, { timestamp: TIMESTAMP + log.endOffset }));
      log.requestSync();
    }
    await Promise.all(logs.map((log) => whenProgress(log, () => log.durableOffset === log.endOffset)));
  }
  assert.deepEqual(logs.map(bytesInSegment(env)), new Array(LOGS).fill(0));
  return { env, engine, logs };
}

function bytesInSegment(env: TestEnv): (log: PartitionLog) => number {
  return ({ id }) => env.disk.file(`data/${id.topic}-${id.partition}/00000000000000000000.log`)?.bytes ?? 0;
}

function first(logs: readonly PartitionLog[]): PartitionLog {
  const [log] = logs;
  assert.ok(log !== undefined);
  return log;
}

test('a process that is killed has lost nothing', async () => {
  const { env } = await crowd();
  env.disk.kill();
  const logs = await openAll(await start(nextProcess(env)));
  assert.deepEqual(
    logs.map(({ endOffset }) => endOffset),
    new Array(LOGS).fill(3),
  );
});

test('whoever wants the operating system to have a batch waits for no sync', async () => {
  const { env, logs } = await crowd();
  const log = first(logs);
  env.disk.fail('io', ({ kind }) => kind === 'sync');
  log.append(batchAt(3, {}));
  log.requestWrite();
  await whenProgress(log, () => log.writtenOffset === 4);
  assert.equal(log.durableOffset, 3);
  assert.equal(bytesInSegment(env)(log), log.bytes);
});

test('reads, searches by time and scans find what is in no segment', async () => {
  const { logs } = await crowd();
  const log = first(logs);
  const read = await log.read({ offset: 0, endOffset: 3, bytesMax: 10_000, atLeastOneBatch: true });
  assert.equal(read.bytes, log.bytes);
  const found = await log.offsetForTimestamp({ timestamp: TIMESTAMP + 2, endOffset: 3 });
  assert.deepEqual(found?.offset, 2);
  assert.equal((await log.offsetOfMaxTimestamp())?.offset, 2);
  const scanned: number[] = [];
  await log.scan(1, (batch) => scanned.push(baseOffset(batch)));
  assert.deepEqual(scanned, [1, 2]);
});

test('retention deletes what is in no segment, and the log goes on behind it', async () => {
  const { env, logs } = await crowd({ retentionMs: 1_000 });
  const log = first(logs);
  await env.clock.advance(10_000);
  assert.equal(await log.applyRetention(3), 1);
  assert.deepEqual([log.startOffset, log.endOffset], [3, 3]);
  log.append(batchAt(3, {}));
  log.requestSync();
  await whenProgress(log, () => log.durableOffset === 4);
});

test('a start that is moved over batches in no segment stays moved after a power loss', async () => {
  const { env, logs } = await crowd();
  await first(logs).advanceStart(2);
  env.disk.crash();
  const [again] = await openAll(await start(nextProcess(env)));
  assert.deepEqual([again?.startOffset, again?.endOffset], [2, 3]);
  const errors = env.logger.lines.filter(({ level }) => level === 'error');
  assert.deepEqual(errors, []);
});

test('a scan and a search do not pass over what could not be written', async () => {
  const { env, logs } = await crowd();
  const log = first(logs);
  env.disk.fail('full', ({ kind, path }) => kind === 'write' && path.endsWith('.log'));
  let inMemory = 0;
  await log.scan(0, () => {
    inMemory += 1;
  });
  assert.equal(inMemory, 3);
  await assert.rejects(log.offsetForTimestamp({ timestamp: TIMESTAMP, endOffset: 3 }), DiskFault);
  await assert.rejects(
    log.scan(0, () => {}),
    DiskFault,
  );
});

test('a write that fails late fails its log, which comes back with everything', async () => {
  const { env, engine, logs } = await crowd();
  const log = first(logs);
  let faults = 0;
  env.disk.judge = ({ kind, path }) => {
    if (kind !== 'write' || !path.endsWith('.log') || faults > 0) return { kind: 'ok' };
    faults += 1;
    return { kind: 'fault', fault: 'full' };
  };
  log.requestWrite();
  await assert.rejects(whenProgress(log, () => false));
  await log.close();
  const again = await engine.open(log.id, logSettings());
  assert.deepEqual([again.endOffset, again.durableOffset], [3, 3]);
  await settle();
  assert.equal(bytesInSegment(env)(again), again.bytes);
});

test('what waits for its segment does not keep newer batches of other logs in memory: it is written when they need the room', async () => {
  const { env, logs } = await crowd();
  const log = first(logs);
  for (let count = 0; count < 12; count += 1) {
    log.append(batchAt(log.endOffset, { valueBytes: 20_000 }));
    log.requestSync();
    await whenProgress(log, () => log.durableOffset === log.endOffset);
  }
  await settle();
  assert.deepEqual(
    logs.map(bytesInSegment(env)),
    logs.map(({ bytes }) => bytes),
  );
});
