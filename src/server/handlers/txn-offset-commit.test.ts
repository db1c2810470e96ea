/** What the handler adds to the group coordinator: whom it asks first, in which words of which version it refuses, and the real partition underneath. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settle } from '../../../sim/virtual-clock.ts';
import { present } from '../../base/assert.ts';
import type { Broker } from '../../broker/broker.ts';
import type { AdmissionRequest } from '../../coordinator/transaction/transaction-coordinator.ts';
import type { TransactionMarker } from '../../partition/transaction-marker.ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import { FindCoordinator } from '../../protocol/messages/find-coordinator.ts';
import { OffsetFetch } from '../../protocol/messages/offset-fetch.ts';
import { TxnOffsetCommit } from '../../protocol/messages/txn-offset-commit.ts';
import type { RequestInputOf } from '../../protocol/schema.ts';
import { findCoordinator } from './find-coordinator.ts';
import { handlerFixture } from './handler-fixture.ts';
import { offsetFetch } from './offset-fetch.ts';
import { txnOffsetCommit } from './txn-offset-commit.ts';

const ADDING_VERSION = 5;

/** A broker with topic `t` of two partitions and with one partition for groups, whose transaction coordinator is the test. */
async function transactionsFixture(settings: Readonly<Record<string, string>> = {}) {
  const fixture = await handlerFixture({ 'offsets.topic.num.partitions': '1', ...settings });
  const topic = { name: 't', numPartitions: 2, replicationFactor: 1, assignments: [], configs: [] };
  await fixture.broker.metadata.createTopics([topic], { validateOnly: false });
  const asked: AdmissionRequest[] = [];
  const waiting = new Set<() => void>();
  const coordinator: { answer: ErrorCode; whileAsked: () => Promise<void> } = {
    answer: ErrorCode.NONE,
    whileAsked: async () => {},
  };
  const transactions: Broker['transactions'] = Object.assign(Object.create(fixture.broker.transactions), {
    async admit(request: AdmissionRequest) {
      asked.push(request);
      await coordinator.whileAsked();
      return request.partitions.map(() => coordinator.answer);
    },
    onCompleted(_id: string, listener: () => void) {
      waiting.add(listener);
      return () => waiting.delete(listener);
    },
  });
  const broker = { ...fixture.broker, transactions };
  const call = (version: number, request: RequestInputOf<typeof TxnOffsetCommit>) =>
    fixture.call(txnOffsetCommit, TxnOffsetCommit, version, request, { broker });
  return {
    ...fixture,
    asked,
    waiting,
    coordinator,
    call,
    findGroups: () => fixture.call(findCoordinator, FindCoordinator, 4, { coordinatorKeys: ['g'] }),
    async commit(version: number, offset: number, more: { producerEpoch?: number; groupId?: string } = {}) {
      const partitions = [{ partitionIndex: 0, committedOffset: offset }];
      const { topics } = await call(version, { ...commitOf(partitions), ...more });
      return present(topics[0]?.partitions[0], 'there is an answer').errorCode;
    },
    end(outcome: TransactionMarker['outcome'], producerEpoch = 0) {
      const marker = { producerId: 7, producerEpoch, outcome, coordinatorEpoch: 0, transactionVersion: 0 };
      return fixture.broker.groups.endTransaction(0, marker);
    },
    async fetch(requireStable: boolean) {
      const request = { groups: [{ groupId: 'g', topics: [{ name: 't', partitionIndexes: [0] }] }], requireStable };
      const { groups } = await fixture.call(offsetFetch, OffsetFetch, 9, request);
      const { committedOffset, errorCode } = present(groups[0]?.topics[0]?.partitions[0], 'there is an answer');
      return errorCode === ErrorCode.NONE ? committedOffset : `error ${errorCode}`;
    },
  };
}

function commitOf(partitions: readonly { partitionIndex: number; committedOffset: number }[]) {
  return {
    transactionalId: 'tx',
    groupId: 'g',
    producerId: 7,
    producerEpoch: 0,
    topics: [{ name: 't', partitions: [...partitions] }],
  };
}

test('the coordinator is asked once per transaction, from version 5 on to add the group to it', async () => {
  const { findGroups, commit, asked, end } = await transactionsFixture();
  await findGroups();
  for (let version = 0; version <= ADDING_VERSION; version += 1) {
    assert.equal(await commit(version, 1), ErrorCode.NONE);
    assert.equal(await commit(version, 2), ErrorCode.NONE);
    assert.deepEqual(asked.splice(0), [
      {
        transactionalId: 'tx',
        producerId: 7,
        producerEpoch: 0,
        partitions: [{ topic: '__consumer_offsets', partition: 0 }],
        mode: version === ADDING_VERSION ? 'add' : 'verify',
      },
    ]);
    assert.equal(await end('committed'), ErrorCode.NONE);
  }
});

test('offsets are pending until the marker, and a restart of the coordinator changes nothing', async () => {
  const { findGroups, commit, end, fetch, broker } = await transactionsFixture();
  await findGroups();
  await commit(3, 5);
  assert.equal(await fetch(true), `error ${ErrorCode.UNSTABLE_OFFSET_COMMIT}`);
  broker.groups.unload(0);
  assert.equal(await fetch(true), `error ${ErrorCode.UNSTABLE_OFFSET_COMMIT}`);
  assert.equal(await fetch(false), -1);
  const partition = await broker.partitions.get('__consumer_offsets', 0);
  assert.ok(typeof partition !== 'number');
  assert.equal(partition.lastStableOffset, 0);
  assert.equal(await end('committed'), ErrorCode.NONE);
  assert.equal(partition.lastStableOffset, 2);
  assert.equal(await fetch(true), 5);
  broker.groups.unload(0);
  assert.equal(await fetch(true), 5);
});

test('each version has its words for what the coordinator refuses', async () => {
  const { findGroups, commit, coordinator } = await transactionsFixture();
  await findGroups();
  coordinator.answer = ErrorCode.TRANSACTION_ABORTABLE;
  assert.equal(await commit(3, 1), ErrorCode.INVALID_TXN_STATE);
  assert.equal(await commit(4, 1), ErrorCode.TRANSACTION_ABORTABLE);
  coordinator.answer = ErrorCode.PRODUCER_FENCED;
  assert.equal(await commit(0, 1), ErrorCode.INVALID_PRODUCER_EPOCH);
  assert.equal(await commit(5, 1), ErrorCode.INVALID_PRODUCER_EPOCH);
  coordinator.answer = ErrorCode.INVALID_PRODUCER_ID_MAPPING;
  assert.equal(await commit(5, 1), ErrorCode.INVALID_PRODUCER_ID_MAPPING);
});

test('a commit that is too early for the next transaction is admitted when the last one is complete, or told after a while', async () => {
  const { findGroups, commit, coordinator, waiting, env } = await transactionsFixture();
  await findGroups();
  coordinator.answer = ErrorCode.CONCURRENT_TRANSACTIONS;
  const refused = commit(5, 1);
  await settle();
  for (let waited = 0; waited < 100; waited += 20) await env.clock.advance(20);
  assert.equal(await refused, ErrorCode.CONCURRENT_TRANSACTIONS);
  assert.equal(waiting.size, 0);
  const admitted = commit(5, 1);
  await settle();
  coordinator.answer = ErrorCode.NONE;
  for (const complete of waiting) complete();
  assert.equal(await admitted, ErrorCode.NONE);
});

test('another epoch than that of the open transaction needs the leave of the coordinator', async () => {
  const { findGroups, commit, coordinator, asked } = await transactionsFixture();
  await findGroups();
  assert.equal(await commit(3, 1, { producerEpoch: 1 }), ErrorCode.NONE);
  coordinator.answer = ErrorCode.PRODUCER_FENCED;
  assert.equal(await commit(3, 1, { producerEpoch: 0 }), ErrorCode.INVALID_PRODUCER_EPOCH);
  assert.equal(await commit(3, 1, { producerEpoch: 2 }), ErrorCode.INVALID_PRODUCER_EPOCH);
  assert.equal(asked.length, 3);
});

test('without verification only version 5 asks the coordinator', async () => {
  const { findGroups, commit, asked, end } = await transactionsFixture({
    'transaction.partition.verification.enable': 'false',
  });
  await findGroups();
  assert.equal(await commit(4, 1), ErrorCode.NONE);
  assert.equal(asked.length, 0);
  await end('aborted');
  assert.equal(await commit(5, 1), ErrorCode.NONE);
  assert.equal(asked.length, 1);
});

test('what does not exist is refused for its partition alone, and when nothing is left nobody is asked', async () => {
  const { findGroups, call, asked } = await transactionsFixture();
  await findGroups();
  const partitions = [
    { partitionIndex: 7, committedOffset: 1 },
    { partitionIndex: 1, committedOffset: 1 },
  ];
  const unknown = { name: 'unknown', partitions: [{ partitionIndex: 0, committedOffset: 1 }] };
  const commit = commitOf(partitions);
  const { topics } = await call(3, { ...commit, topics: [...commit.topics, unknown] });
  assert.deepEqual(topics, [
    {
      name: 't',
      partitions: [
        { partitionIndex: 7, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION },
        { partitionIndex: 1, errorCode: ErrorCode.NONE },
      ],
    },
    { name: 'unknown', partitions: [{ partitionIndex: 0, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION }] },
  ]);
  asked.splice(0);
  assert.deepEqual((await call(5, { ...commit, topics: [unknown] })).topics.length, 1);
  assert.deepEqual((await call(5, { ...commit, topics: [] })).topics, []);
  assert.equal(asked.length, 0);
});

test('without a coordinator of groups, or without a group id, nobody is asked', async () => {
  const { findGroups, commit, asked } = await transactionsFixture();
  assert.equal(await commit(5, 1), ErrorCode.COORDINATOR_NOT_AVAILABLE);
  await findGroups();
  assert.equal(await commit(5, 1, { groupId: '' }), ErrorCode.INVALID_GROUP_ID);
  assert.equal(asked.length, 0);
});

test("a commit goes through when the group's partition is opened anew while the transaction coordinator is asked", async () => {
  const { findGroups, commit, coordinator, broker, asked, end, fetch } = await transactionsFixture();
  await findGroups();
  const before = await broker.partitions.get('__consumer_offsets', 0);
  assert.ok(typeof before !== 'number');
  coordinator.whileAsked = () => {
    coordinator.whileAsked = async () => {};
    return broker.partitions.reopen(before.id);
  };
  assert.equal(await commit(5, 3), ErrorCode.NONE);
  assert.notEqual(await broker.partitions.get('__consumer_offsets', 0), before);
  assert.equal(await end('committed'), ErrorCode.NONE);
  assert.equal(await fetch(true), 3);
  assert.ok(asked.length <= 2);
});

test('but not when a marker has ended the transaction in the partition that was opened anew', async () => {
  const { findGroups, commit, coordinator, broker, end, fetch } = await transactionsFixture();
  await findGroups();
  const before = await broker.partitions.get('__consumer_offsets', 0);
  assert.ok(typeof before !== 'number');
  coordinator.whileAsked = async () => {
    coordinator.whileAsked = async () => {};
    await broker.partitions.reopen(before.id);
    assert.equal(await end('aborted'), ErrorCode.NONE);
  };
  assert.equal(await commit(5, 3), ErrorCode.INVALID_TXN_STATE);
  assert.equal(await fetch(true), -1);
});
