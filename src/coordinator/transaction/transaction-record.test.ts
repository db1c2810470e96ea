import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { noPartitions } from './partition-set.ts';
import type { Transaction } from './transaction.ts';
import { transactionRecordCodec } from './transaction-record.ts';

const empty: Transaction = {
  transactionalId: 'tx',
  status: 'Empty',
  producerId: 7,
  producerEpoch: 3,
  lastProducerEpoch: -1,
  previousProducerId: -1,
  nextProducerId: -1,
  timeoutMs: 60_000,
  partitions: noPartitions,
  startMs: -1,
  updateMs: 1_800_000_000_000,
  clientVersion: 0,
};
const deciding: Transaction = {
  ...empty,
  status: 'PrepareCommit',
  lastProducerEpoch: 2,
  previousProducerId: 5,
  nextProducerId: 9,
  partitions: new Map([
    ['t', new Set([0, 2])],
    ['u', new Set([1])],
  ]),
  startMs: 1_800_000_000_000,
  clientVersion: 2,
};

test('what is written is read back', () => {
  for (const transaction of [empty, deciding, undefined]) {
    const { key, value } = transactionRecordCodec.encode({ transactionalId: 'tx', transaction });
    assert.deepEqual(transactionRecordCodec.decode(key, value), { transactionalId: 'tx', transaction });
  }
});

test('a record that needs none of our own fields has the bytes of Apache Kafka', () => {
  const { key, value } = transactionRecordCodec.encode({ transactionalId: 'tx', transaction: empty });
  assert.equal(Buffer.from(key).toString('hex'), '000000027478');
  const fields = ['0001', '0000000000000007', '0003', '0000ea60', '00', '00'];
  const times = ['000001a3185c5000', 'ffffffffffffffff'];
  assert.equal(Buffer.from(value ?? []).toString('hex'), [...fields, ...times, '00'].join(''));
});

test('a state of passage cannot be written', () => {
  const transaction: Transaction = { ...empty, status: 'PrepareEpochFence' };
  assert.throws(() => transactionRecordCodec.encode({ transactionalId: 'tx', transaction }));
});

test('records of other kinds are not known', () => {
  assert.equal(transactionRecordCodec.decode(Buffer.from([0, 9, 0, 1, 103]), Buffer.alloc(2)), undefined);
});
