/** What readers of committed records are told by Fetch, ListOffsets and DescribeProducers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settle } from '../../../sim/virtual-clock.ts';
import { present } from '../../base/assert.ts';
import { produced } from '../../partition/partition.fixture.ts';
import type { Partition } from '../../partition/partition.ts';
import { lastOffset } from '../../protocol/batch/header.ts';
import { batches } from '../../protocol/batch/iterate.ts';
import { codecOf } from '../../protocol/codec.ts';
import { DescribeProducers } from '../../protocol/messages/describe-producers.ts';
import { Fetch } from '../../protocol/messages/fetch.ts';
import { ListOffsets } from '../../protocol/messages/list-offsets.ts';
import { Reader } from '../../protocol/reader.ts';
import { Writer } from '../../protocol/writer.ts';
import { describeProducers } from './describe-producers.ts';
import { fetch } from './fetch.ts';
import { requestContext } from './handler-fixture.ts';
import { listOffsets } from './list-offsets.ts';
import { FETCH_BY_NAME, recordsFixture, wanted } from './records-fixture.ts';

const COMMITTED = 1;

type Fixture = Awaited<ReturnType<typeof recordsFixture>>;

async function started(options: Parameters<typeof recordsFixture>[0] = {}) {
  const verification = { 'transaction.partition.verification.enable': 'false' };
  const fixture = await recordsFixture({ ...options, settings: { ...options.settings, ...verification } });
  const found = await fixture.broker.partitions.get('t', 0);
  const partition = present(typeof found === 'number' ? undefined : found, 'the partition is there');
  return { ...fixture, partition };
}

function write(partition: Partition, producerId: number, baseSequence: number, records = 1): void {
  const batch = produced({ producerId, producerEpoch: 0, baseSequence, records, isTransactional: true });
  assert.equal(partition.append(batch, 11).kind, 'appended');
}

function end(partition: Partition, producerId: number, outcome: 'committed' | 'aborted'): void {
  const marker = { producerId, producerEpoch: 0, outcome, coordinatorEpoch: 3, transactionVersion: 0 } as const;
  assert.equal(partition.appendMarker(marker).kind, 'appended');
}

/** `[high watermark, last stable offset, last offset that came, aborted as producer:first]`. */
async function read({ fetch }: Fixture, fetchOffset: number, isolationLevel = COMMITTED, version = FETCH_BY_NAME) {
  const { responses } = await fetch({ isolationLevel, topics: wanted({ 0: fetchOffset }) }, version);
  return toldIn(responses[0]?.partitions[0]);
}

type Told = NonNullable<Awaited<ReturnType<Fixture['fetch']>>['responses'][number]['partitions'][number]>;

function toldIn(answer: Told | undefined) {
  const last = [...batches(answer?.records ?? new Uint8Array())].at(-1);
  const aborted = answer?.abortedTransactions?.map(({ producerId, firstOffset }) => `${producerId}:${firstOffset}`);
  return [
    answer?.highWatermark,
    answer?.lastStableOffset,
    last === undefined ? undefined : lastOffset(last),
    aborted ?? null,
  ];
}

test('reading ends at the last stable offset, and aborted transactions are named in the order of their ends', async () => {
  const fixture = await started();
  const { partition } = fixture;
  write(partition, 1, 0, 2);
  write(partition, 2, 0);
  assert.deepEqual(await read(fixture, 0), [3, 0, undefined, []]);
  assert.deepEqual(await read(fixture, 0, 0), [3, 0, 2, null]);
  end(partition, 2, 'aborted');
  assert.deepEqual(await read(fixture, 0), [4, 0, undefined, []]);
  end(partition, 1, 'aborted');
  write(partition, 1, 2);
  assert.deepEqual(await read(fixture, 0), [6, 5, 4, ['2:2', '1:0']]);
  assert.deepEqual(await read(fixture, 4), [6, 5, 4, ['1:0']]);
  assert.deepEqual(await read(fixture, 5), [6, 5, undefined, []]);
  assert.deepEqual(await read(fixture, 6), [6, 5, undefined, []]);
  end(partition, 1, 'committed');
  assert.deepEqual(await read(fixture, 5), [7, 7, 6, []]);
});

test('every version of Fetch tells the same', async () => {
  const fixture = await started();
  write(fixture.partition, 1, 0);
  end(fixture.partition, 1, 'aborted');
  write(fixture.partition, 2, 0);
  for (let version = 4; version <= 18; version += 1) {
    const topics = wanted({ 0: 0 }, version >= 13 ? { topicId: fixture.topicId } : {});
    const { responses } = await fixture.fetch({ isolationLevel: COMMITTED, topics }, version);
    assert.deepEqual(toldIn(responses[0]?.partitions[0]), [3, 2, 1, ['1:0']], `version ${version}`);
  }
});

test('a fetch of committed records waits for them, and what it may not read does not wake it', async () => {
  const fixture = await started();
  const { partition } = fixture;
  write(partition, 1, 0);
  let answer: ReturnType<typeof toldIn> | undefined;
  const topics = wanted({ 0: 0 });
  void fixture
    .fetch({ isolationLevel: COMMITTED, maxWaitMs: 10_000, minBytes: 1, topics })
    .then(({ responses }) => (answer = toldIn(responses[0]?.partitions[0])));
  await settle();
  write(partition, 1, 1);
  write(partition, 2, 0);
  await settle();
  assert.equal(answer, undefined);
  end(partition, 1, 'committed');
  await settle();
  assert.deepEqual(answer, [4, 2, 1, []]);
});

test('where nothing was aborted, committed records are answered in the same turn as all others', async () => {
  const fixture = await started();
  await fixture.produce([{ index: 0 }]);
  const writer = new Writer();
  codecOf(Fetch.request, FETCH_BY_NAME).write(writer, {
    isolationLevel: COMMITTED,
    minBytes: 1,
    topics: wanted({ 0: 0 }),
  });
  const request = codecOf(Fetch.request, FETCH_BY_NAME).read(new Reader(writer.toBytes()));
  assert.equal(fetch.handle(request, requestContext(fixture.broker, FETCH_BY_NAME)) instanceof Promise, false);
});

test('the latest committed offset is the last stable one, in every version that knows levels', async () => {
  const { call, partition, produce } = await started();
  await produce([{ index: 0 }]);
  write(partition, 1, 0);
  for (let version = 2; version <= 11; version += 1) {
    const ask = async (isolationLevel: number) => {
      const topics = [{ name: 't', partitions: [{ partitionIndex: 0, timestamp: -1 }] }];
      const answer = await call(listOffsets, ListOffsets, version, { replicaId: -1, isolationLevel, topics });
      return answer.topics[0]?.partitions[0]?.offset;
    };
    assert.deepEqual([await ask(0), await ask(COMMITTED)], [2, 1], `version ${version}`);
  }
});

test('DescribeProducers shows open transactions and who ended the last one', async () => {
  const { call, partition, env } = await started();
  write(partition, 1, 0, 3);
  write(partition, 2, 0);
  end(partition, 2, 'aborted');
  const topics = [{ name: 't', partitionIndexes: [0] }];
  const answer = await call(describeProducers, DescribeProducers, 0, { topics });
  const lastTimestamp = env.clock.now();
  assert.deepEqual(answer.topics[0]?.partitions[0]?.activeProducers, [
    { producerId: 1, producerEpoch: 0, lastSequence: 2, lastTimestamp, coordinatorEpoch: -1, currentTxnStartOffset: 0 },
    { producerId: 2, producerEpoch: 0, lastSequence: 0, lastTimestamp, coordinatorEpoch: 3, currentTxnStartOffset: -1 },
  ]);
});
