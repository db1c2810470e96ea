import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settle } from '../../../sim/virtual-clock.ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import { DeleteRecords } from '../../protocol/messages/delete-records.ts';
import { ListOffsets } from '../../protocol/messages/list-offsets.ts';
import { OffsetForLeaderEpoch } from '../../protocol/messages/offset-for-leader-epoch.ts';
import { deleteRecords } from './delete-records.ts';
import { listOffsets } from './list-offsets.ts';
import { offsetForLeaderEpoch } from './offset-for-leader-epoch.ts';
import { recordsFixture } from './records-fixture.ts';

const LATEST_VERSION = 11;

async function started(options: Parameters<typeof recordsFixture>[0] = {}) {
  const fixture = await recordsFixture(options);
  const ask = async (timestamp: number, more: { version?: number; index?: number; isolationLevel?: number } = {}) => {
    const { version = LATEST_VERSION, index = 0, isolationLevel = 0 } = more;
    const partitions = [{ partitionIndex: index, timestamp }];
    const request = { replicaId: -1, isolationLevel, topics: [{ name: 't', partitions }] };
    const { topics } = await fixture.call(listOffsets, ListOffsets, version, request);
    const answer = topics[0]?.partitions[0];
    return [answer?.errorCode, answer?.offset, answer?.timestamp];
  };
  return { ...fixture, ask };
}

test('both ends, times and the largest timestamp', async () => {
  const { ask, produce } = await started();
  for (const timestamp of [1_000, 3_000, 2_000]) await produce([{ index: 0, batch: { timestamp } }]);
  assert.deepEqual(await ask(-1), [ErrorCode.NONE, 3, -1]);
  assert.deepEqual(await ask(-2), [ErrorCode.NONE, 0, -1]);
  assert.deepEqual(await ask(-3), [ErrorCode.NONE, 1, 3_000]);
  assert.deepEqual(await ask(-4), [ErrorCode.NONE, 0, -1]);
  assert.deepEqual(await ask(-5), [ErrorCode.NONE, -1, -1]);
  assert.deepEqual(await ask(-6), [ErrorCode.NONE, -1, -1]);
  assert.deepEqual(await ask(1_500), [ErrorCode.NONE, 1, 3_000]);
  assert.deepEqual(await ask(3_001), [ErrorCode.NONE, -1, -1]);
});

test('special timestamps are refused in versions older than they are', async () => {
  const { ask } = await started();
  const since = [
    [-3, 7],
    [-4, 8],
    [-5, 9],
    [-6, 11],
  ] as const;
  for (const [timestamp, version] of since) {
    assert.equal((await ask(timestamp, { version: version - 1 }))[0], ErrorCode.UNSUPPORTED_VERSION);
    assert.equal((await ask(timestamp, { version }))[0], ErrorCode.NONE);
  }
  assert.equal((await ask(-7))[0], ErrorCode.UNSUPPORTED_VERSION);
});

test('what does not exist, a level that does not exist, and a partition asked for twice', async () => {
  const { ask, call } = await started();
  assert.equal((await ask(-1, { index: 9 }))[0], ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  assert.equal((await ask(-1, { isolationLevel: 7 }))[0], ErrorCode.UNKNOWN_SERVER_ERROR);
  const partitions = [0, 0, 1].map((partitionIndex) => ({ partitionIndex, timestamp: -1 }));
  const { topics } = await call(listOffsets, ListOffsets, 7, { replicaId: -1, topics: [{ name: 't', partitions }] });
  assert.deepEqual(
    topics[0]?.partitions.map(({ partitionIndex, errorCode }) => [partitionIndex, errorCode]),
    [
      [1, ErrorCode.NONE],
      [0, ErrorCode.INVALID_REQUEST],
    ],
  );
});

test('a hundred thousand partitions asked for twice are refused in no time', async () => {
  const { call } = await started();
  const partitions = Array.from({ length: 200_000 }, (_, at) => ({ partitionIndex: at % 100_000, timestamp: -1 }));
  const { topics } = await call(listOffsets, ListOffsets, 7, { replicaId: -1, topics: [{ name: 't', partitions }] });
  assert.equal(topics[0]?.partitions.length, 100_000);
});

test('the logs of all partitions in a request are opened side by side', async () => {
  const { call, engine } = await started({ isHeld: true, partitions: 9 });
  let open = () => {};
  engine.openingGate = new Promise((resolve) => {
    open = resolve;
  });
  const before = engine.openings;
  const three = (from: number) => [from, from + 1, from + 2];
  const wishes = three(0).map((partitionIndex) => ({ partitionIndex, timestamp: -1 }));
  const offsets = call(listOffsets, ListOffsets, 7, { replicaId: -1, topics: [{ name: 't', partitions: wishes }] });
  const partitions = three(3).map((partition) => ({ partition, currentLeaderEpoch: -1, leaderEpoch: 0 }));
  const epochs = call(offsetForLeaderEpoch, OffsetForLeaderEpoch, 4, { topics: [{ topic: 't', partitions }] });
  const starts = three(6).map((partitionIndex) => ({ partitionIndex, offset: 0 }));
  const request = { topics: [{ name: 't', partitions: starts }], timeoutMs: 0 };
  const deletions = call(deleteRecords, DeleteRecords, 2, request);
  await settle();
  assert.equal(engine.openings - before, 9);
  open();
  for (const answer of [await offsets, await epochs, await deletions]) {
    assert.deepEqual(
      answer.topics[0]?.partitions.map(({ errorCode }) => errorCode),
      [0, 0, 0],
    );
  }
});

test('what was appended before counts: the answer waits until it is committed', async () => {
  const { ask, produce, engine } = await started({ isHeld: true });
  const sent = produce([{ index: 0 }], { acks: 1 });
  await settle();
  engine.log('t').write(1);
  await sent;
  let isAnswered = false;
  const answer = ask(-1).finally(() => {
    isAnswered = true;
  });
  await settle();
  assert.equal(isAnswered, false);
  engine.log('t').sync(1);
  assert.deepEqual(await answer, [ErrorCode.NONE, 1, -1]);
});

test('a disk that fails while it is waited for is a storage error', async () => {
  const { ask, produce, engine } = await started({ isHeld: true });
  const sent = produce([{ index: 0 }], { acks: 1 });
  await settle();
  engine.log('t').write(1);
  await sent;
  const answer = ask(-1);
  await settle();
  engine.log('t').fail(new Error('the disk is gone'));
  assert.equal((await answer)[0], ErrorCode.KAFKA_STORAGE_ERROR);
});

test('records are deleted up to the high watermark, not from a log that is only compacted', async () => {
  const { call, produce, broker } = await started();
  await produce([{ index: 0, batch: { records: 5 } }]);
  const deleteBefore = async (offset: number, name = 't') => {
    const request = { topics: [{ name, partitions: [{ partitionIndex: 0, offset }] }], timeoutMs: 0 };
    const { topics } = await call(deleteRecords, DeleteRecords, 2, request);
    const answer = topics[0]?.partitions[0];
    return [answer?.errorCode, answer?.lowWatermark];
  };
  assert.deepEqual(await deleteBefore(2), [ErrorCode.NONE, 2]);
  assert.deepEqual(await deleteBefore(1), [ErrorCode.NONE, 2]);
  assert.deepEqual(await deleteBefore(6), [ErrorCode.OFFSET_OUT_OF_RANGE, -1]);
  assert.deepEqual(await deleteBefore(-2), [ErrorCode.OFFSET_OUT_OF_RANGE, -1]);
  assert.deepEqual(await deleteBefore(-1), [ErrorCode.NONE, 5]);
  assert.deepEqual(await deleteBefore(0, 'nope'), [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, -1]);
  await broker.metadata.ensureTopic('__consumer_offsets');
  assert.deepEqual(await deleteBefore(0, '__consumer_offsets'), [ErrorCode.INVALID_TOPIC_EXCEPTION, -1]);
  const configs = [{ name: 'cleanup.policy', value: 'compact' }];
  const topic = { name: 'c', numPartitions: 1, replicationFactor: 1, assignments: [], configs };
  await broker.metadata.createTopics([topic], { validateOnly: false });
  assert.deepEqual(await deleteBefore(0, 'c'), [ErrorCode.POLICY_VIOLATION, -1]);
});
