import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settle } from '../../../sim/virtual-clock.ts';
import { present } from '../../base/assert.ts';
import type { Broker } from '../../broker/broker.ts';
import type { AdmissionRequest } from '../../coordinator/transaction/transaction-coordinator.ts';
import { produced } from '../../partition/partition.fixture.ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import { Produce } from '../../protocol/messages/produce.ts';
import { produce } from './produce.ts';
import { recordsFixture } from './records-fixture.ts';

type Admit = (request: AdmissionRequest) => readonly ErrorCode[] | Promise<readonly ErrorCode[]>;

interface Batch {
  readonly index: number;
  readonly baseSequence?: number;
  readonly producerId?: number;
  readonly producerEpoch?: number;
  readonly isTransactional?: boolean;
}

/** A broker whose transaction coordinator is the test. */
async function transactionsFixture(settings: Readonly<Record<string, string>> = {}) {
  const fixture = await recordsFixture({ settings });
  const asked: AdmissionRequest[] = [];
  const waiting = new Set<() => void>();
  let admit: Admit = ({ partitions }) => partitions.map(() => ErrorCode.NONE);
  const transactions: Broker['transactions'] = Object.assign(Object.create(fixture.broker.transactions), {
    admit(request: AdmissionRequest) {
      asked.push(request);
      return admit(request);
    },
    onCompleted(_id: string, listener: () => void) {
      waiting.add(listener);
      return () => waiting.delete(listener);
    },
  });
  const broker = { ...fixture.broker, transactions };
  const partition = async (index: number) => {
    const found = await fixture.broker.partitions.get('t', index);
    return present(typeof found === 'number' ? undefined : found, 'the partition is there');
  };
  return {
    ...fixture,
    asked,
    waiting,
    partition,
    answerWith(next: Admit) {
      admit = next;
    },
    async send(version: number, batches: readonly Batch[], transactionalId: string | null = 'tx') {
      const partitionData = batches.map(({ index, ...more }) => ({
        index,
        records: produced({
          isTransactional: true,
          producerId: 7,
          producerEpoch: 0,
          baseSequence: 0,
          ...more,
        }),
      }));
      const request = { acks: -1, timeoutMs: 5_000, transactionalId, topicData: [{ name: 't', partitionData }] };
      const { responses } = await fixture.call(produce, Produce, version, request, { broker });
      return responses.flatMap(({ partitionResponses }) => partitionResponses.map(({ errorCode }) => errorCode));
    },
    async end(index: number, outcome: 'committed' | 'aborted' = 'committed') {
      const marker = { producerId: 7, producerEpoch: 0, outcome, coordinatorEpoch: 0, transactionVersion: 0 };
      assert.equal((await partition(index)).appendMarker(marker).kind, 'appended');
    },
  };
}

test('the coordinator is asked once per transaction and partition', async () => {
  const { send, asked, end } = await transactionsFixture();
  assert.deepEqual(await send(11, [{ index: 0 }, { index: 1 }]), [ErrorCode.NONE, ErrorCode.NONE]);
  assert.deepEqual(asked, [
    {
      transactionalId: 'tx',
      producerId: 7,
      producerEpoch: 0,
      partitions: [
        { topic: 't', partition: 0 },
        { topic: 't', partition: 1 },
      ],
      mode: 'verify',
    },
  ]);
  assert.deepEqual(await send(12, [{ index: 0, baseSequence: 1 }]), [ErrorCode.NONE]);
  assert.equal(asked.length, 1);
  await end(0);
  const batches = [
    { index: 0, baseSequence: 2 },
    { index: 1, baseSequence: 1 },
  ];
  assert.deepEqual(await send(12, batches), [ErrorCode.NONE, ErrorCode.NONE]);
  assert.deepEqual(
    asked.slice(1).map(({ mode, partitions }) => [mode, partitions.map(({ partition }) => partition)]),
    [['add', [0]]],
  );
});

test('what the coordinator refuses is not written, and called as the version calls it', async () => {
  const { send, answerWith, partition } = await transactionsFixture();
  const cases: readonly [number, ErrorCode, ErrorCode][] = [
    [10, ErrorCode.TRANSACTION_ABORTABLE, ErrorCode.INVALID_TXN_STATE],
    [11, ErrorCode.TRANSACTION_ABORTABLE, ErrorCode.TRANSACTION_ABORTABLE],
    [12, ErrorCode.PRODUCER_FENCED, ErrorCode.INVALID_PRODUCER_EPOCH],
    [12, ErrorCode.INVALID_PRODUCER_ID_MAPPING, ErrorCode.INVALID_PRODUCER_ID_MAPPING],
    [12, ErrorCode.COORDINATOR_LOAD_IN_PROGRESS, ErrorCode.NOT_ENOUGH_REPLICAS],
    [12, ErrorCode.NOT_COORDINATOR, ErrorCode.NOT_ENOUGH_REPLICAS],
  ];
  for (const [version, refusal, told] of cases) {
    answerWith(() => [refusal]);
    assert.deepEqual(await send(version, [{ index: 0 }]), [told]);
  }
  assert.equal((await partition(0)).logEndOffset, 0);
});

test('a partition that is refused does not keep the others back', async () => {
  const { send, answerWith } = await transactionsFixture();
  answerWith(() => [ErrorCode.TRANSACTION_ABORTABLE, ErrorCode.NONE]);
  assert.deepEqual(await send(11, [{ index: 0 }, { index: 1 }]), [ErrorCode.TRANSACTION_ABORTABLE, ErrorCode.NONE]);
});

test('a transaction that ends while the coordinator is asked is not opened again', async () => {
  const { send, answerWith, end, partition } = await transactionsFixture();
  answerWith(async () => {
    await end(0, 'aborted');
    return [ErrorCode.NONE];
  });
  assert.deepEqual(await send(11, [{ index: 0 }]), [ErrorCode.INVALID_TXN_STATE]);
  assert.equal((await partition(0)).logEndOffset, 1);
});

test('a client that is faster than the markers of its last transaction waits for them a moment', async () => {
  const { send, answerWith, end, env } = await transactionsFixture();
  let calls = 0;
  answerWith(async () => {
    calls += 1;
    if (calls === 2) await end(0);
    return [calls < 3 ? ErrorCode.CONCURRENT_TRANSACTIONS : ErrorCode.NONE];
  });
  const answer = send(12, [{ index: 0 }]);
  await settle();
  await env.clock.advance(20);
  await env.clock.advance(20);
  assert.deepEqual(await answer, [ErrorCode.NONE]);
});

test('a client that is too early is admitted in the moment in which its last transaction is complete', async () => {
  const { send, answerWith, waiting } = await transactionsFixture();
  answerWith(() => [ErrorCode.CONCURRENT_TRANSACTIONS]);
  const answer = send(12, [{ index: 0 }]);
  await settle();
  answerWith(() => [ErrorCode.NONE]);
  assert.equal(waiting.size, 1);
  for (const complete of waiting) complete();
  assert.deepEqual(await answer, [ErrorCode.NONE]);
});

test('a client that stays too early is told', async () => {
  const { send, answerWith, env, waiting } = await transactionsFixture();
  answerWith(() => [ErrorCode.CONCURRENT_TRANSACTIONS]);
  for (const [version, told] of [
    [12, ErrorCode.CONCURRENT_TRANSACTIONS],
    [11, ErrorCode.NOT_ENOUGH_REPLICAS],
  ] as const) {
    const answer = send(version, [{ index: 0 }]);
    await settle();
    for (let waited = 0; waited < 100; waited += 20) await env.clock.advance(20);
    assert.deepEqual(await answer, [told]);
    assert.equal(waiting.size, 0);
  }
});

test('without verification older versions ask nobody, v12 adds its partitions all the same', async () => {
  const { send, asked } = await transactionsFixture({ 'transaction.partition.verification.enable': 'false' });
  assert.deepEqual(await send(11, [{ index: 0, baseSequence: 5 }]), [ErrorCode.NONE]);
  assert.equal(asked.length, 0);
  assert.deepEqual(await send(12, [{ index: 1 }]), [ErrorCode.NONE]);
  assert.deepEqual(
    asked.map(({ mode }) => mode),
    ['add'],
  );
});

test('a transaction has an id and one producer', async () => {
  const { send, asked } = await transactionsFixture();
  const refused = ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
  const plain = { index: 1, isTransactional: false };
  assert.deepEqual(await send(11, [{ index: 0 }, plain], null), [refused, refused]);
  const mixed = [{ index: 0 }, { index: 1, producerId: 8 }];
  const mapping = ErrorCode.INVALID_PRODUCER_ID_MAPPING;
  assert.deepEqual(await send(11, mixed), [mapping, mapping]);
  assert.equal(asked.length, 0);
  // A batch of no producer is part of no transaction, whatever its header says.
  assert.deepEqual(await send(11, [{ index: 0, producerId: -1, producerEpoch: -1 }]), [ErrorCode.NONE]);
  assert.equal(asked.length, 0);
});

test('a partition that is not there is not asked for', async () => {
  const { send, asked } = await transactionsFixture();
  const unknown = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
  assert.deepEqual(await send(12, [{ index: 9 }, { index: 0 }]), [unknown, ErrorCode.NONE]);
  assert.deepEqual(
    asked.map(({ partitions }) => partitions),
    [[{ topic: 't', partition: 0 }]],
  );
});

test('a batch whose partition is opened anew while the coordinator is asked is to be sent again, and is taken then', async () => {
  const { send, answerWith, partition, broker } = await transactionsFixture();
  const before = await partition(0);
  answerWith(async ({ partitions }) => {
    answerWith(({ partitions }) => partitions.map(() => ErrorCode.NONE));
    await broker.partitions.reopen(before.id);
    return partitions.map(() => ErrorCode.NONE);
  });
  assert.deepEqual(await send(12, [{ index: 0 }]), [ErrorCode.NOT_LEADER_OR_FOLLOWER]);
  assert.equal((await partition(0)).logEndOffset, 0);
  assert.deepEqual(await send(12, [{ index: 0 }]), [ErrorCode.NONE]);
  assert.equal((await partition(0)).logEndOffset, 1);
});
