/** What idempotent producers can count on when their log is compacted and then read again without a snapshot (invariant I22). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextProcess, type TestEnv, testEnv } from '../../sim/test-env.ts';
import { settle } from '../../sim/virtual-clock.ts';
import { keyMap } from '../log/compaction/compaction.fixture.ts';
import { LocalLogEngine } from '../log/local/local-engine.ts';
import { logId } from '../log/log.fixture.ts';
import { buildBatch } from '../protocol/batch/build.ts';
import { PRODUCE_VERSION, settingsOf } from './partition.fixture.ts';
import { Partition } from './partition.ts';

const DIRECTORY = 'data/orders-0';
const settings = settingsOf({ cleanupPolicy: ['compact'], segmentBytes: 400, fileDeleteDelayMs: 0 });

async function open(env: TestEnv, leaderEpoch: number) {
  const engine = await LocalLogEngine.start({ env, root: 'data', checkpointIntervalMs: () => 1_000 });
  const log = await engine.open(logId(), settings);
  const producerExpirationMs = () => 86_400_000;
  const verifiesTransactions = () => false;
  const partition = await Partition.open({
    env,
    log,
    settings,
    leaderEpoch,
    producerExpirationMs,
    verifiesTransactions,
  });
  return { engine, partition };
}

/** What was appended so far is durable. */
async function quiet({ clock }: TestEnv): Promise<void> {
  await clock.advance(10);
  await settle(60);
}

/** One record. */
function send(partition: Partition, key: string, baseSequence?: number, valueBytes = 1): 'new' | 'known' | 'refused' {
  const producer = baseSequence === undefined ? {} : { producerId: 7, producerEpoch: 0, baseSequence };
  const records = [{ timestamp: 1_800_000_000_000, key: Buffer.from(key), value: Buffer.alloc(valueBytes) }];
  const result = partition.append(buildBatch({ records, ...producer }), PRODUCE_VERSION);
  if (result.kind === 'refused') return 'refused';
  return result.duplicate ? 'known' : 'new';
}

async function compact(partition: Partition): Promise<void> {
  const signal = new AbortController().signal;
  assert.ok((await partition.compact({ keys: keyMap(), pace: async () => {}, signal })) !== undefined);
}

async function withoutSnapshots({ disk }: TestEnv): Promise<void> {
  for (const path of disk.filesBelow(DIRECTORY)) if (path.endsWith('.snapshot')) await disk.remove(path);
}

function bytesOf({ disk }: TestEnv): number {
  const logs = disk.filesBelow(DIRECTORY).filter((path) => path.endsWith('.log'));
  return logs.reduce((sum, path) => sum + (disk.file(path)?.bytes ?? 0), 0);
}

test('after compaction and a restart without snapshots a producer goes on, and what it sends again is known', async () => {
  const env = testEnv();
  const { engine, partition } = await open(env, 0);
  for (const sequence of [0, 1, 2]) assert.equal(send(partition, 'a', sequence), 'new');
  assert.equal(send(partition, 'a'), 'new');
  assert.equal(send(partition, 'filler', undefined, 300), 'new');
  await quiet(env);
  const before = bytesOf(env);
  await compact(partition);
  assert.ok(bytesOf(env) < before, 'records went');
  await partition.stop('closed');
  await engine.close();
  await withoutSnapshots(env);
  const again = await open(env, 1);
  assert.equal(send(again.partition, 'a', 2), 'known');
  assert.equal(send(again.partition, 'a', 4), 'refused', 'a gap');
  assert.equal(send(again.partition, 'a', 3), 'new');
});

test('a crash that takes the last batch of a producer along leaves the one before it, although a compaction came in between', async () => {
  const env = testEnv();
  const { partition } = await open(env, 0);
  assert.equal(send(partition, 'a', 0), 'new');
  assert.equal(send(partition, 'a'), 'new');
  assert.equal(send(partition, 'filler', undefined, 300), 'new');
  await quiet(env);
  // From here on nothing of the segment that takes the appends becomes durable.
  env.disk.pause = ({ kind, path }) =>
    kind === 'sync' && path.endsWith('.log') ? new Promise(() => {}) : Promise.resolve();
  assert.equal(send(partition, 'b', 1), 'new');
  await settle(60);
  assert.equal(partition.highWatermark, 3);
  await compact(partition);
  env.disk.crash();
  const after = nextProcess(env);
  await withoutSnapshots(after);
  const again = await open(after, 1);
  assert.equal(again.partition.logEndOffset, 3, 'the last batch is lost');
  assert.equal(send(again.partition, 'a', 0), 'known');
  assert.equal(send(again.partition, 'b', 1), 'new');
});
