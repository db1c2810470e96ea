/** Fails when invariants I1, I2 and I6 do not hold. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LogFull } from '../log/log-faults.ts';
import { hasValidCrc } from '../protocol/batch/crc32c.ts';
import { baseOffset, isLogAppendTime, maxTimestamp, partitionLeaderEpoch } from '../protocol/batch/header.ts';
import { ErrorCode } from '../protocol/error-code.ts';
import { append, appended, heldPartition, PRODUCE_VERSION, produced, settingsOf } from './partition.fixture.ts';
import type { Partition } from './partition.ts';
import { PartitionFault } from './partition-fault.ts';
import type { ReadableBytes } from './partition-progress.ts';

const producer = (baseSequence: number) => ({ producerId: 1, producerEpoch: 0, baseSequence });

/** Whether a promise has settled by now, and how. */
async function stateOf(promise: Promise<void>): Promise<string> {
  const pending = Symbol('pending');
  const fate = promise.then(
    () => 'resolved',
    (error: unknown) => (error instanceof PartitionFault ? error.kind : 'failed'),
  );
  const first = await Promise.race([fate, new Promise((resolve) => setImmediate(() => resolve(pending)))]);
  return first === pending ? 'pending' : await fate;
}

test('offsets and the leader epoch are written into the batch that was sent, and its checksum still holds', async () => {
  const { partition } = await heldPartition({ leaderEpoch: 7 });
  appended(partition, { records: 3 });
  const batch = produced({ records: 2 });
  const result = partition.append(batch, PRODUCE_VERSION);
  assert.deepEqual(result, {
    kind: 'appended',
    duplicate: false,
    baseOffset: 3,
    lastOffset: 4,
    logAppendTimeMs: -1,
    logStartOffset: 0,
  });
  assert.deepEqual([baseOffset(batch), partitionLeaderEpoch(batch), hasValidCrc(batch)], [3, 7, true]);
});

test('with LogAppendTime the broker stamps the batch and says when', async () => {
  const { partition, env } = await heldPartition({ settings: { messageTimestampType: 'LogAppendTime' } });
  const batch = produced({ timestamp: 5 });
  const result = partition.append(batch, PRODUCE_VERSION);
  assert.equal(result.kind === 'appended' && result.logAppendTimeMs, env.clock.now());
  assert.deepEqual([isLogAppendTime(batch), maxTimestamp(batch), hasValidCrc(batch)], [true, env.clock.now(), true]);
});

test('a batch larger than a segment is refused, and null records', async () => {
  const { partition } = await heldPartition({ settings: { segmentBytes: 200, maxMessageBytes: 1_000 } });
  const large = append(partition, { value: 'x'.repeat(300) });
  assert.equal(large.kind === 'refused' && large.error, ErrorCode.RECORD_LIST_TOO_LARGE);
  const none = partition.append(null, PRODUCE_VERSION);
  assert.equal(none.kind === 'refused' && none.error, ErrorCode.INVALID_RECORD);
  assert.equal(partition.logEndOffset, 0);
});

test('with durability sync the high watermark is what is on stable storage, and every append wishes for a sync', async () => {
  const { partition, log } = await heldPartition();
  appended(partition, { records: 2 });
  assert.deepEqual([partition.highWatermark, log.syncWishes, partition.uncommittedBytes > 0], [0, 1, true]);
  log.write(2);
  assert.equal(partition.highWatermark, 0);
  log.sync(2);
  assert.deepEqual([partition.highWatermark, partition.uncommittedBytes], [2, 0]);
});

test('with durability os the high watermark is what the operating system has', async () => {
  const { partition, log } = await heldPartition({ settings: { durability: 'os' } });
  appended(partition, { records: 2 });
  assert.equal(log.syncWishes, 0);
  log.write(2);
  assert.equal(partition.highWatermark, 2);
});

function whenWritten(partition: Partition, lastOffset: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (_token: number, fault?: Error) => (fault === undefined ? resolve() : reject(fault));
    if (!partition.waitUntilWritten(lastOffset, { settle }, 0)) resolve();
  });
}

test('acks=1 waits for the write, acks=all for the sync', async () => {
  const { partition, log } = await heldPartition();
  const { lastOffset } = appended(partition);
  const written = whenWritten(partition, lastOffset);
  const durable = partition.whenDurable(lastOffset);
  assert.deepEqual([await stateOf(written), await stateOf(durable)], ['pending', 'pending']);
  log.write(1);
  assert.deepEqual([await stateOf(written), await stateOf(durable)], ['resolved', 'pending']);
  log.sync(1);
  assert.equal(await stateOf(durable), 'resolved');
  assert.equal(await stateOf(partition.whenDurable(lastOffset)), 'resolved');
});

test('a duplicate gets its first place, and waits until that is durable', async () => {
  const { partition, log } = await heldPartition();
  appended(partition, { ...producer(0), records: 2 });
  appended(partition, producer(2));
  const again = appended(partition, { ...producer(0), records: 2, timestamp: 1 });
  assert.deepEqual([again.duplicate, again.baseOffset, again.lastOffset], [true, 0, 1]);
  assert.equal(again.logAppendTimeMs, 1_800_000_000_000);
  assert.equal(partition.logEndOffset, 3);
  const durable = partition.whenDurable(again.lastOffset);
  assert.equal(await stateOf(durable), 'pending');
  log.sync(2);
  assert.equal(await stateOf(durable), 'resolved');
});

test('a batch that is refused uses up no sequence', async () => {
  const { partition } = await heldPartition({ settings: { maxMessageBytes: 100 } });
  assert.equal(append(partition, { ...producer(0), value: 'x'.repeat(200) }).kind, 'refused');
  assert.equal(appended(partition, producer(0)).baseOffset, 0);
});

test('a batch that a full log does not take uses up no sequence, and the partition goes on', async () => {
  const { partition, log } = await heldPartition();
  const take = log.append.bind(log);
  log.append = () => {
    throw new LogFull('no room');
  };
  const refused = append(partition, producer(0));
  assert.equal(refused.kind === 'refused' && refused.error, ErrorCode.KAFKA_STORAGE_ERROR);
  log.append = take;
  assert.deepEqual([appended(partition, producer(0)).duplicate, partition.logEndOffset], [false, 1]);
});

test('what a producer has sent behind a batch that a full log does not take is refused for the same reason', async () => {
  const { partition, log } = await heldPartition();
  appended(partition, producer(0));
  const take = log.append.bind(log);
  log.append = () => {
    throw new LogFull('no room');
  };
  log.hasRoomFor = () => false;
  for (const sequence of [1, 2]) {
    const refused = append(partition, producer(sequence));
    assert.equal(refused.kind === 'refused' && refused.error, ErrorCode.KAFKA_STORAGE_ERROR);
  }
  assert.equal(appended(partition, producer(0)).duplicate, true);
  log.append = take;
  log.hasRoomFor = () => true;
  const refused = append(partition, producer(2));
  assert.equal(refused.kind === 'refused' && refused.error, ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER);
  assert.equal(appended(partition, producer(1)).baseOffset, 1);
});

test('consumers read up to the high watermark, replicas to the log end', async () => {
  const { partition, log } = await heldPartition();
  appended(partition);
  appended(partition);
  log.sync(1);
  const read = (isolation: 'uncommitted' | 'committed' | 'log-end') =>
    partition.read({ offset: 0, isolation, bytesMax: 10_000, atLeastOneBatch: true });
  const ends = await Promise.all([read('uncommitted'), read('committed'), read('log-end')]);
  assert.deepEqual(
    ends.map(({ nextOffset }) => nextOffset),
    [1, 1, 2],
  );
  assert.equal(
    (await partition.read({ offset: 1, isolation: 'uncommitted', bytesMax: 1, atLeastOneBatch: true })).bytes,
    0,
  );
});

test('listeners are told how much came below the high watermark', async () => {
  const { partition, log } = await heldPartition();
  const told: number[] = [];
  const listener = { onProgress: ({ uncommitted }: ReadableBytes) => told.push(uncommitted) };
  partition.addListener(listener);
  const bytes = produced().length;
  for (let count = 0; count < 3; count++) appended(partition);
  assert.equal(told.length, 0);
  log.sync(2);
  assert.deepEqual(told, [2 * bytes]);
  partition.removeListener(listener);
  log.sync(3);
  assert.deepEqual(told, [2 * bytes]);
});

test('a fault of the log fails all who wait, and nothing is acknowledged or appended any more', async () => {
  const { partition, log } = await heldPartition();
  const { lastOffset } = appended(partition);
  const written = whenWritten(partition, lastOffset);
  const durable = partition.whenDurable(lastOffset);
  const stops: string[] = [];
  partition.onStop = ({ kind }) => stops.push(kind);
  log.fail(new Error('the disk is gone'));
  assert.deepEqual([await stateOf(written), await stateOf(durable)], ['storage', 'storage']);
  assert.deepEqual(stops, ['storage']);
  assert.equal(await stateOf(partition.whenDurable(0)), 'storage');
  const refused = append(partition);
  assert.equal(refused.kind === 'refused' && refused.error, ErrorCode.KAFKA_STORAGE_ERROR);
  assert.equal(partition.checkLeaderEpoch(-1), ErrorCode.KAFKA_STORAGE_ERROR);
  await partition.stop('closed');
  assert.equal(partition.isClosedInOrder, false);
});

test('a log that failed before anybody listened stops its partition with the first append', async () => {
  const { partition, log } = await heldPartition();
  log.onProgress = () => {};
  log.fail(new Error('the disk is gone'));
  const stops: string[] = [];
  partition.onStop = ({ kind }) => stops.push(kind);
  const refused = append(partition);
  assert.equal(refused.kind === 'refused' && refused.error, ErrorCode.KAFKA_STORAGE_ERROR);
  assert.deepEqual(stops, ['storage']);
});

test('an orderly stop acknowledges what was appended', async () => {
  const { partition } = await heldPartition();
  const durable = partition.whenDurable(appended(partition).lastOffset);
  await partition.stop('closed');
  assert.equal(await stateOf(durable), 'resolved');
  assert.equal(partition.isClosedInOrder, true);
  const refused = append(partition);
  assert.equal(refused.kind === 'refused' && refused.error, ErrorCode.NOT_LEADER_OR_FOLLOWER);
});

test('a leader that another one follows acknowledges nothing any more, nor does one whose topic is deleted', async () => {
  for (const kind of ['not-leader', 'deleted'] as const) {
    const { partition } = await heldPartition();
    const durable = partition.whenDurable(appended(partition).lastOffset);
    const stopping = partition.stop(kind);
    assert.equal(await stateOf(durable), kind);
    await stopping;
  }
});

test('a coordinator appends only in the epoch in which it decided', async () => {
  const { partition } = await heldPartition({ leaderEpoch: 3 });
  const late = partition.appendInternal(produced(), 2);
  assert.equal(late.kind === 'refused' && late.error, ErrorCode.NOT_LEADER_OR_FOLLOWER);
  assert.equal(partition.appendInternal(produced(), 3).kind, 'appended');
});

test('a request of an older epoch is fenced, one of a newer epoch knows more than this broker', async () => {
  const { partition } = await heldPartition({ leaderEpoch: 3 });
  assert.deepEqual(
    [-1, 3, 2, -2, 4].map((epoch) => partition.checkLeaderEpoch(epoch)),
    [
      ErrorCode.NONE,
      ErrorCode.NONE,
      ErrorCode.FENCED_LEADER_EPOCH,
      ErrorCode.FENCED_LEADER_EPOCH,
      ErrorCode.UNKNOWN_LEADER_EPOCH,
    ],
  );
});

test('a new leader begins where the log ends, with all of it acknowledged and its own epoch', async () => {
  const first = await heldPartition({ leaderEpoch: 1 });
  appended(first.partition, { records: 4 });
  await first.partition.stop('closed');
  const { partition } = await heldPartition({ ...first, leaderEpoch: 5 });
  assert.equal(partition.highWatermark, 4);
  assert.deepEqual(partition.endOfEpoch(1), { leaderEpoch: 1, endOffset: 4 });
  assert.deepEqual(partition.endOfEpoch(5), { leaderEpoch: 5, endOffset: 4 });
  appended(partition);
  assert.deepEqual(partition.endOfEpoch(5), { leaderEpoch: 5, endOffset: 5 });
  assert.deepEqual(
    [0, 3, 4].map((offset) => partition.epochAt(offset)),
    [1, 1, 5],
  );
});

test('the last five batches of a producer are known after a clean stop and after a crash', async () => {
  for (const isClean of [true, false]) {
    const first = await heldPartition();
    for (let sequence = 0; sequence < 7; sequence++) appended(first.partition, producer(sequence));
    if (isClean) await first.partition.stop('closed');
    else await first.log.close();
    const { partition } = await heldPartition({ ...first, leaderEpoch: 1 });
    const offsets = [2, 3, 4, 5, 6].map((sequence) => appended(partition, producer(sequence)).baseOffset);
    assert.deepEqual(offsets, [2, 3, 4, 5, 6], `clean: ${isClean}`);
    const older = append(partition, producer(1));
    assert.equal(older.kind === 'refused' && older.error, ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER);
    assert.deepEqual([appended(partition, producer(7)).duplicate, partition.logEndOffset], [false, 8]);
  }
});

test('a snapshot left when a segment begins does not contain the batch that begins it', async () => {
  const first = await heldPartition({ settings: { segmentBytes: 300 } });
  for (let sequence = 0; sequence < 9; sequence++) appended(first.partition, producer(sequence));
  const snapshot = await first.log.latestSnapshot(String);
  assert.ok(snapshot !== undefined && snapshot.offset > 0 && snapshot.offset < 9);
  await first.log.close();
  const { partition } = await heldPartition({ ...first, leaderEpoch: 1 });
  assert.deepEqual(
    [4, 5, 6, 7, 8].map((sequence) => appended(partition, producer(sequence)).baseOffset),
    [4, 5, 6, 7, 8],
  );
});

test('records are deleted up to the high watermark, and listeners hear of the new start', async () => {
  const { partition, log } = await heldPartition();
  appended(partition, { records: 5 });
  log.sync(5);
  let told = 0;
  partition.addListener({ onProgress: () => told++ });
  await partition.deleteRecordsBefore(3);
  assert.deepEqual([partition.logStartOffset, told], [3, 1]);
  await partition.deleteRecordsBefore(2);
  assert.equal(partition.logStartOffset, 3);
  await assert.rejects(partition.deleteRecordsBefore(6), /not acknowledged/);
});

test('who waits under old settings is served under new ones', async () => {
  const { partition, log } = await heldPartition({ settings: { durability: 'os' } });
  const durable = partition.whenDurable(appended(partition).lastOffset);
  partition.reconfigure(settingsOf({ durability: 'sync' }));
  assert.equal(log.syncWishes, 1);
  log.write(1);
  assert.equal(await stateOf(durable), 'pending');
  log.sync(1);
  assert.equal(await stateOf(durable), 'resolved');
});

test('the high watermark never goes back when the topic begins to ask for more', async () => {
  const { partition, log } = await heldPartition({ settings: { durability: 'os' } });
  appended(partition);
  log.write(1);
  partition.reconfigure(settingsOf({ durability: 'sync' }));
  appended(partition);
  log.write(2);
  assert.equal(partition.highWatermark, 1);
  log.sync(2);
  assert.equal(partition.highWatermark, 2);
});

test('replay hands over everything in order', async () => {
  const { partition } = await heldPartition({ settings: { segmentBytes: 300 } });
  for (let count = 0; count < 10; count++) appended(partition, { records: 2 });
  const seen: number[] = [];
  await partition.replay((batches) => {
    const bytes = produced({ records: 2 }).length;
    for (let at = 0; at < batches.length; at += bytes) seen.push(baseOffset(batches.subarray(at)));
  });
  assert.deepEqual(seen, [0, 2, 4, 6, 8, 10, 12, 14, 16, 18]);
});
