/** Batches that compaction has emptied, in files: no index has a time of theirs, however it was made, and nobody takes that for damage. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { nextProcess, type TestEnv, testEnv } from '../../../sim/test-env.ts';
import { settle } from '../../../sim/virtual-clock.ts';
import { readInt64, writeInt32, writeInt64 } from '../../base/big-endian.ts';
import { ProducerAudit } from '../../partition/producer-audit.ts';
import { lastOffset } from '../../protocol/batch/header.ts';
import { appendKeyed, compactedSettings, compactionRequest, keyed } from '../compaction/compaction.fixture.ts';
import { logId, whenProgress } from '../log.fixture.ts';
import type { PartitionLog } from '../log-engine.ts';
import { checkDirectory, faultsOf } from './check/check-directory.ts';
import { LocalLogEngine } from './local-engine.ts';

const TIME_INDEX = 'data/orders-0/00000000000000000000.timeindex';
const CHECKPOINT_MS = 60_000;
const EMPTIED_MS = 1_700_000_000_500;
const KEPT = { timestamp: 1_700_000_000_000, offset: 1, leaderEpoch: 0 };

async function open(env: TestEnv): Promise<PartitionLog> {
  const engine = await LocalLogEngine.start({ env, root: 'data', checkpointIntervalMs: () => CHECKPOINT_MS });
  return engine.open(logId(), compactedSettings());
}

/** The first segment begins with a batch of a producer whose only record is gone, the latest of all; `others` are the batches behind it there. */
async function compactedLog(others: readonly string[]): Promise<TestEnv> {
  const env = testEnv();
  await env.disk.makeDirectory('data');
  const meta = await env.disk.open('data/meta.properties', 'create');
  await meta.write([readFileSync(new URL('testdata/root/meta.properties', import.meta.url))], 0);
  const log = await open(env);
  const producer = { producerId: 7, producerEpoch: 0, baseSequence: 0 };
  appendKeyed(log, [], { ...producer, records: [{ ...keyed('a=1'), timestamp: EMPTIED_MS }] });
  for (const text of others) appendKeyed(log, [text]);
  appendKeyed(log, [`a=${'x'.repeat(500)}`]);
  appendKeyed(log, [`end=${'x'.repeat(500)}`]);
  log.requestSync();
  await whenProgress(log, () => log.durableOffset === log.endOffset);
  await settle(30);
  await log.compact(compactionRequest(log, { isLastOfProducer: (batch) => lastOffset(batch) === 0 }));
  // The recovery point is written, so that a crash leaves complete segments unread.
  await env.clock.advance(CHECKPOINT_MS);
  return env;
}

function contentOf({ disk }: TestEnv, path: string): Buffer {
  const file = disk.file(path);
  assert.ok(file !== undefined, `${path} is missing`);
  const bytes = Buffer.alloc(file.bytes);
  file.read(bytes, 0);
  return bytes;
}

/** How many segments had indexes that could not be believed. */
function madeAnew({ logger }: TestEnv): number {
  return logger.lines.filter(({ message }) => message === 'the indexes of a segment are damaged and made anew').length;
}

async function faults({ disk }: TestEnv): Promise<readonly unknown[]> {
  const world = { disk, pause: async () => {} };
  return faultsOf(await checkDirectory({ world, root: 'data', audit: () => new ProducerAudit() }));
}

test('the time index is the same when compaction wrote it and when it was made anew', async () => {
  const env = await compactedLog(['b=1']);
  const written = contentOf(env, TIME_INDEX);
  assert.equal(readInt64(written, 0), KEPT.timestamp);
  assert.deepEqual(await faults(env), []);
  await env.disk.remove(TIME_INDEX);
  const after = nextProcess(env);
  const log = await open(after);
  assert.deepEqual(contentOf(after, TIME_INDEX), written);
  assert.deepEqual(await log.offsetOfMaxTimestamp(), KEPT);
});

test('a segment of emptied batches alone needs no time index', async () => {
  const env = await compactedLog([]);
  assert.equal(contentOf(env, TIME_INDEX).byteLength, 0);
  assert.deepEqual(await faults(env), []);
  await open(nextProcess(env));
  assert.equal(madeAnew(env), 0);
});

test('a time index of zero bytes is made anew where there are records behind an emptied batch', async () => {
  const env = await compactedLog(['b=1']);
  env.disk.file(TIME_INDEX)?.truncate(0);
  const log = await open(nextProcess(env));
  assert.deepEqual(await log.offsetOfMaxTimestamp(), KEPT);
  assert.equal(madeAnew(env), 1);
});

test('a time index that counts an emptied batch, as Apache Kafka writes it, is no damage and names no record that is gone', async () => {
  const env = await compactedLog(['b=1']);
  const entry = Buffer.alloc(12);
  writeInt64(entry, 0, EMPTIED_MS);
  writeInt32(entry, 8, 0);
  env.disk.file(TIME_INDEX)?.write(0, entry);
  assert.deepEqual(await faults(env), []);
  const log = await open(nextProcess(env));
  assert.equal(await log.offsetOfMaxTimestamp(), undefined);
});
