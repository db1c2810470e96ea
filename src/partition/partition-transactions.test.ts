/** Fails when invariant I15 does not hold. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attributes, maxTimestamp, producerEpoch, producerId } from '../protocol/batch/header.ts';
import { recordsOf } from '../protocol/batch/records.ts';
import { ErrorCode } from '../protocol/error-code.ts';
import { append, appended, heldPartition, produced } from './partition.fixture.ts';
import type { Partition } from './partition.ts';
import type { ReadableBytes } from './partition-progress.ts';
import { encodeSnapshot } from './producer-snapshot.ts';
import type { TransactionMarker } from './transaction-marker.ts';

function transactional(id: number, baseSequence = 0, epoch = 0) {
  return { isTransactional: true, producerId: id, producerEpoch: epoch, baseSequence };
}

function end(partition: Partition, marker: Partial<TransactionMarker> = {}): number {
  const result = partition.appendMarker({
    producerId: 1,
    producerEpoch: 0,
    outcome: 'committed',
    coordinatorEpoch: 0,
    transactionVersion: 0,
    ...marker,
  });
  return result.kind === 'appended' ? result.baseOffset : -result.error;
}

/** What DescribeProducers would tell of producer 1. */
function described(partition: Partition) {
  const entry = partition.producers.get(1);
  if (entry === undefined) return undefined;
  const { epoch, coordinatorEpoch, currentTxnFirstOffset } = entry;
  return [epoch, entry.batches.at(-1)?.lastSequence ?? -1, coordinatorEpoch, currentTxnFirstOffset];
}

test('a marker is a control batch of the producer', async () => {
  const { partition, log, env } = await heldPartition({ leaderEpoch: 3 });
  appended(partition, transactional(1));
  assert.equal(end(partition, { outcome: 'aborted', coordinatorEpoch: 7 }), 1);
  const { parts } = await log.read({ offset: 1, endOffset: 2, bytesMax: 1000, atLeastOneBatch: true });
  const batch = parts[0] ?? new Uint8Array();
  assert.deepEqual([producerId(batch), producerEpoch(batch), attributes(batch)], [1, 0, 0x30]);
  assert.equal(maxTimestamp(batch), env.clock.now());
  const [record] = recordsOf(batch);
  assert.deepEqual(Buffer.from(record?.key ?? []), Buffer.from('00000000', 'hex'));
  assert.deepEqual(Buffer.from(record?.value ?? []), Buffer.from('000000000007', 'hex'));
});

test('the last stable offset waits for the marker to be committed', async () => {
  const { partition, log } = await heldPartition();
  const offsets = () => [partition.highWatermark, partition.lastStableOffset];
  appended(partition);
  appended(partition, transactional(1));
  assert.deepEqual(offsets(), [0, 0]);
  log.sync(2);
  assert.deepEqual(offsets(), [2, 1]);
  appended(partition, transactional(2));
  assert.equal(end(partition), 3);
  log.sync(3);
  assert.deepEqual(offsets(), [3, 1]);
  log.sync(4);
  assert.deepEqual(offsets(), [4, 2]);
  assert.equal(end(partition, { producerId: 2 }), 4);
  log.sync(5);
  assert.deepEqual(offsets(), [5, 5]);
});

test('readers of committed records are told of what came below the last stable offset', async () => {
  const { partition, log } = await heldPartition();
  const told: ReadableBytes[] = [];
  partition.addListener({ onProgress: (progress) => told.push(progress) });
  const plain = produced().length;
  const own = produced(transactional(1)).length;
  appended(partition);
  appended(partition, transactional(1));
  appended(partition);
  log.sync(3);
  assert.deepEqual(told, [{ uncommitted: 2 * plain + own, committed: plain }]);
  end(partition);
  log.sync(4);
  const marker = told[1]?.uncommitted ?? 0;
  assert.ok(marker > 0);
  assert.deepEqual(told[1], { uncommitted: marker, committed: own + plain + marker });
});

test('records that are deleted hold back nothing', async () => {
  const { partition, log } = await heldPartition();
  appended(partition, transactional(1));
  appended(partition);
  appended(partition);
  log.sync(3);
  assert.equal(partition.lastStableOffset, 0);
  await partition.deleteRecordsBefore(2);
  assert.equal(partition.lastStableOffset, 2);
});

test('a marker ends the transaction: the sequence runs on under v1 and begins anew under v2', async () => {
  const { partition } = await heldPartition();
  appended(partition, { ...transactional(1), records: 2 });
  assert.deepEqual(described(partition), [0, 1, -1, 0]);
  assert.equal(end(partition, { coordinatorEpoch: 4 }), 2);
  assert.deepEqual(described(partition), [0, 1, 4, -1]);
  appended(partition, transactional(1, 2));
  assert.equal(end(partition, { producerEpoch: 1, transactionVersion: 2, coordinatorEpoch: 4 }), 4);
  assert.deepEqual(described(partition), [1, -1, 4, -1]);
  assert.equal(append(partition, transactional(1, 3)).kind, 'refused');
  appended(partition, transactional(1, 0, 1));
});

test('a marker of v2 has a higher epoch than what it ends, and may come again', async () => {
  const { partition } = await heldPartition();
  appended(partition, transactional(1));
  const v2 = { transactionVersion: 2 };
  assert.equal(end(partition, v2), -ErrorCode.INVALID_PRODUCER_EPOCH);
  assert.equal(end(partition, { ...v2, producerEpoch: 1 }), 1);
  assert.equal(end(partition, { ...v2, producerEpoch: 1 }), 2);
  assert.equal(end(partition, { ...v2, producerEpoch: 0 }), -ErrorCode.INVALID_PRODUCER_EPOCH);
  assert.equal(end(partition, { producerEpoch: 1 }), 3);
  appended(partition, transactional(1, 0, 1));
  // The late copy of the marker would end the next transaction.
  assert.equal(end(partition, { ...v2, producerEpoch: 1 }), -ErrorCode.INVALID_PRODUCER_EPOCH);
});

test('a marker without a transaction is written, fences older epochs, and is no end of anything', async () => {
  const { partition, log } = await heldPartition();
  assert.equal(end(partition, { producerEpoch: 3, outcome: 'aborted' }), 0);
  log.sync(1);
  assert.equal(partition.lastStableOffset, 1);
  assert.equal(end(partition, { producerEpoch: 2 }), -ErrorCode.INVALID_PRODUCER_EPOCH);
  assert.deepEqual(described(partition), [3, -1, 0, -1]);
});

test('an older coordinator is fenced, and so is nobody', async () => {
  const { partition } = await heldPartition();
  assert.equal(end(partition, { coordinatorEpoch: 5 }), 0);
  assert.equal(end(partition, { coordinatorEpoch: 4 }), -ErrorCode.TRANSACTION_COORDINATOR_FENCED);
  assert.equal(end(partition, { coordinatorEpoch: -1 }), -ErrorCode.TRANSACTION_COORDINATOR_FENCED);
  assert.equal(end(partition, { coordinatorEpoch: 6 }), 1);
  for (const nobody of [{ producerId: -1 }, { producerEpoch: -1 }, { transactionVersion: -1 }]) {
    assert.equal(end(partition, nobody), -ErrorCode.UNKNOWN_SERVER_ERROR);
  }
});

test('a batch outside of the open transaction of its producer is refused', async () => {
  const { partition } = await heldPartition();
  appended(partition, transactional(1));
  const result = append(partition, { ...transactional(1, 1), isTransactional: false });
  assert.deepEqual(result.kind === 'refused' && [result.error, result.logStartOffset], [
    ErrorCode.INVALID_TXN_STATE,
    0,
  ]);
  end(partition);
  appended(partition, { ...transactional(1, 1), isTransactional: false });
});

test('no batch begins a transaction without a guard, and later ones need none', async () => {
  const { partition } = await heldPartition({ verifiesTransactions: true });
  const refused = append(partition, transactional(1));
  assert.equal(refused.kind === 'refused' && refused.error, ErrorCode.INVALID_TXN_STATE);
  const wish = { producerId: 1, producerEpoch: 0, baseSequence: 0, supportsEpochBump: false };
  const guard = partition.beginVerification(wish);
  assert.notEqual(guard, undefined);
  assert.equal(partition.append(produced(transactional(1)), 11, guard).kind, 'appended');
  assert.equal(partition.beginVerification(wish), undefined);
  assert.equal(append(partition, transactional(1, 1)).kind, 'appended');
});

test('a guard that was given before a marker opens nothing after it', async () => {
  const { partition } = await heldPartition({ verifiesTransactions: true });
  const wish = { producerId: 1, producerEpoch: 0, baseSequence: 0, supportsEpochBump: false };
  const late = partition.beginVerification(wish);
  end(partition, { outcome: 'aborted' });
  // Also when the next transaction asks meanwhile.
  const next = partition.beginVerification(wish);
  const refused = partition.append(produced(transactional(1)), 11, late);
  assert.equal(refused.kind === 'refused' && refused.error, ErrorCode.INVALID_TXN_STATE);
  assert.equal(partition.append(produced(transactional(1)), 11, next).kind, 'appended');
});

test('under v2 a partition that knows nothing of the epoch begins at sequence 0', async () => {
  const { partition } = await heldPartition({ verifiesTransactions: true });
  const begin = (baseSequence: number, supportsEpochBump: boolean, id: number) => {
    const guard = partition.beginVerification({ producerId: id, producerEpoch: 0, baseSequence, supportsEpochBump });
    const result = partition.append(produced(transactional(id, baseSequence)), 12, guard);
    return result.kind === 'refused' ? result.error : ErrorCode.NONE;
  };
  assert.equal(begin(7, true, 1), ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER);
  assert.equal(begin(0, true, 1), ErrorCode.NONE);
  assert.equal(begin(7, false, 2), ErrorCode.NONE);
});

test('of several that wait for the coordinator the lowest sequence begins', async () => {
  const { partition } = await heldPartition({ verifiesTransactions: true });
  const wish = { producerId: 1, producerEpoch: 0, supportsEpochBump: false };
  const second = partition.beginVerification({ ...wish, baseSequence: 6 });
  const first = partition.beginVerification({ ...wish, baseSequence: 5 });
  const early = partition.append(produced(transactional(1, 6)), 11, second);
  assert.equal(early.kind === 'refused' && early.error, ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER);
  assert.equal(partition.append(produced(transactional(1, 5)), 11, first).kind, 'appended');
  assert.equal(partition.append(produced(transactional(1, 6)), 11, second).kind, 'appended');
});

test("a coordinator's batch is fenced by the epoch and needs leave to begin a transaction", async () => {
  const { partition } = await heldPartition({ verifiesTransactions: true });
  const offsets = (epoch: number) => produced({ ...transactional(1, -1, epoch) });
  const wish = { producerId: 1, producerEpoch: 2, baseSequence: -1, supportsEpochBump: true };
  assert.equal(partition.appendInternal(offsets(2), 0).kind, 'refused');
  assert.equal(partition.appendInternal(offsets(2), 0, partition.beginVerification(wish)).kind, 'appended');
  assert.equal(partition.appendInternal(offsets(2), 0).kind, 'appended');
  const old = partition.appendInternal(offsets(1), 0, partition.beginVerification({ ...wish, producerEpoch: 1 }));
  assert.equal(old.kind === 'refused' && old.error, ErrorCode.INVALID_PRODUCER_EPOCH);
});

test('a snapshot is not used when batches behind it are deleted: they may have ended its transactions', async () => {
  const fixture = await heldPartition({ settings: { segmentBytes: 150 } });
  const { engine, env, log } = fixture;
  appended(fixture.partition, transactional(1));
  await log.writeSnapshot(1, encodeSnapshot(fixture.partition.producers, []));
  log.writeSnapshot = () => Promise.resolve();
  end(fixture.partition);
  for (let count = 0; count < 4; count++) appended(fixture.partition);
  log.sync(6);
  await fixture.partition.deleteRecordsBefore(4);
  await fixture.partition.stop('closed');
  const { partition } = await heldPartition({ engine, env, leaderEpoch: 1 });
  assert.deepEqual([partition.lastStableOffset, partition.highWatermark, partition.producers.size], [6, 6, 0]);
});

test('open transactions and ended ones are what they were after opening again, with a snapshot and without', async () => {
  for (const withSnapshot of [true, false]) {
    const fixture = await heldPartition();
    const { engine, env, log } = fixture;
    if (!withSnapshot) log.writeSnapshot = () => Promise.resolve();
    appended(fixture.partition, transactional(1));
    appended(fixture.partition, transactional(2));
    appended(fixture.partition, transactional(3));
    end(fixture.partition, { producerId: 3, coordinatorEpoch: 9 });
    end(fixture.partition, { producerId: 1, outcome: 'aborted', producerEpoch: 1, transactionVersion: 2 });
    const before = [...fixture.partition.producers.entries()];
    await fixture.partition.stop('closed');
    const { partition, log: again } = await heldPartition({ engine, env, leaderEpoch: 1 });
    assert.deepEqual(
      [...partition.producers.entries()].sort((a, b) => a.producerId - b.producerId),
      before,
    );
    assert.deepEqual([partition.highWatermark, partition.lastStableOffset], [5, 1]);
    assert.equal(end(partition, { producerId: 2 }), 5);
    again.sync(6);
    assert.equal(partition.lastStableOffset, 6);
  }
});
