import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settle } from '../../../sim/virtual-clock.ts';
import { limits } from '../../base/limits.ts';
import { produced } from '../../partition/partition.fixture.ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import { Produce } from '../../protocol/messages/produce.ts';
import { requestContext } from './handler-fixture.ts';
import { produce } from './produce.ts';
import { PRODUCE_BY_NAME, recordsFixture } from './records-fixture.ts';

type Responses = Awaited<ReturnType<Awaited<ReturnType<typeof recordsFixture>>['produce']>>['responses'];

/** `[topic, partition, error, base offset]` of each answer. */
function answersOf(responses: Responses) {
  return responses.flatMap(({ name, partitionResponses }) =>
    partitionResponses.map(({ index, errorCode, baseOffset }) => [name, index, errorCode, baseOffset]),
  );
}

test('each partition answers for itself', async () => {
  const { produce } = await recordsFixture();
  await produce([{ index: 1 }]);
  const { responses } = await produce([{ index: 1 }, { index: 0 }, { index: 9 }, { index: 0, topic: 'nope' }]);
  assert.deepEqual(answersOf(responses), [
    ['t', 1, ErrorCode.NONE, 1],
    ['t', 0, ErrorCode.NONE, 0],
    ['t', 9, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, -1],
    ['nope', 0, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, -1],
  ]);
});

test('of a partition that is named twice the last records count', async () => {
  const { produce } = await recordsFixture();
  const { responses } = await produce([
    { index: 0, batch: { records: 5 } },
    { index: 0, batch: { records: 1 } },
  ]);
  assert.deepEqual(answersOf(responses), [['t', 0, ErrorCode.NONE, 0]]);
  assert.deepEqual(answersOf((await produce([{ index: 0 }])).responses), [['t', 0, ErrorCode.NONE, 1]]);
});

test('topics are named by id from version 13 on', async () => {
  const { call, topicId } = await recordsFixture();
  const partitionData = [{ index: 0, records: produced() }];
  const unknownId = 'AAAAAAAAAAAAAAAAAAAAZg';
  const { responses } = await call(produce, Produce, 13, {
    acks: -1,
    topicData: [
      { topicId, partitionData },
      { topicId: unknownId, partitionData: [{ index: 0, records: produced() }] },
    ],
  });
  assert.deepEqual(
    responses.map(({ topicId: id, partitionResponses: [answer] }) => [id, answer?.errorCode]),
    [
      [topicId, ErrorCode.NONE],
      [unknownId, ErrorCode.UNKNOWN_TOPIC_ID],
    ],
  );
});

test('acks of another number are refused where the partition exists', async () => {
  const { produce } = await recordsFixture();
  const { responses } = await produce([{ index: 0 }, { index: 9 }], { acks: 2 });
  assert.deepEqual(
    answersOf(responses).map(([, , error]) => error),
    [ErrorCode.INVALID_REQUIRED_ACKS, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
  );
});

test('internal topics are written by nobody but admin tools', async () => {
  const { produce, broker } = await recordsFixture();
  await broker.metadata.ensureTopic('__consumer_offsets');
  const batch = [{ index: 0, topic: '__consumer_offsets' }];
  // A compacted topic: the record without a key is refused by the log, and not because of who sent it.
  const errors = [await produce(batch), await produce(batch, {}, { clientId: '__admin_client' })].map(
    ({ responses }) => responses[0]?.partitionResponses[0]?.errorCode,
  );
  assert.deepEqual(errors, [ErrorCode.INVALID_TOPIC_EXCEPTION, ErrorCode.INVALID_RECORD]);
});

test('transactional batches need a transactional id, and a coordinator that knows it', async () => {
  const { call } = await recordsFixture();
  const records = () => produced({ isTransactional: true, producerId: 5, producerEpoch: 0, baseSequence: 0 });
  const send = async (transactionalId: string | null) => {
    const topicData = [{ name: 't', partitionData: [{ index: 0, records: records() }] }];
    const { responses } = await call(produce, Produce, PRODUCE_BY_NAME, { acks: -1, transactionalId, topicData });
    return responses[0]?.partitionResponses[0]?.errorCode;
  };
  assert.equal(await send(null), ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
  assert.equal(await send('tx'), ErrorCode.NOT_ENOUGH_REPLICAS);
});

test('the answer waits for the disk, the next request does not', async () => {
  const { produce, engine } = await recordsFixture({ isHeld: true });
  let admitted = 0;
  const seen = { admitNext: () => admitted++ };
  let isAnswered = false;
  const answer = produce([{ index: 0 }, { index: 1 }], {}, seen).then((response) => {
    isAnswered = true;
    return response;
  });
  await settle();
  assert.deepEqual([admitted, isAnswered], [1, false]);
  engine.log('t', 0).sync(1);
  engine.log('t', 1).write(1);
  await settle();
  assert.equal(isAnswered, false);
  engine.log('t', 1).sync(1);
  assert.deepEqual(answersOf((await answer).responses), [
    ['t', 0, ErrorCode.NONE, 0],
    ['t', 1, ErrorCode.NONE, 0],
  ]);
});

test('acks=1 is answered when the operating system has the bytes', async () => {
  const { produce, engine } = await recordsFixture({ isHeld: true });
  const answer = produce([{ index: 0 }], { acks: 1 });
  await settle();
  engine.log('t', 0).write(1);
  assert.deepEqual(answersOf((await answer).responses), [['t', 0, ErrorCode.NONE, 0]]);
});

test('what is not acknowledged in time has timed out, the rest has not', async () => {
  const { produce, engine, env } = await recordsFixture({ isHeld: true });
  const answer = produce([{ index: 0 }, { index: 1 }], { timeoutMs: 2_000 });
  await settle();
  engine.log('t', 0).sync(1);
  await env.clock.advance(2_000);
  assert.deepEqual(
    answersOf((await answer).responses).map(([, index, error]) => [index, error]),
    [
      [0, ErrorCode.NONE],
      [1, ErrorCode.REQUEST_TIMED_OUT],
    ],
  );
});

test('a disk that fails while it is waited for is a storage error', async () => {
  const { produce, engine } = await recordsFixture({ isHeld: true });
  const answer = produce([{ index: 0 }]);
  await settle();
  engine.log('t', 0).fail(new Error('the disk is gone'));
  assert.equal((await answer).responses[0]?.partitionResponses[0]?.errorCode, ErrorCode.KAFKA_STORAGE_ERROR);
});

test('acks=0 has no answer, and an error closes the connection', async () => {
  const { broker } = await recordsFixture();
  let disconnects = 0;
  const context = requestContext(broker, PRODUCE_BY_NAME, { disconnect: () => disconnects++ });
  const request = (index: number) => ({
    transactionalId: null,
    acks: 0,
    timeoutMs: 1_000,
    topicData: [{ name: 't', topicId: '', partitionData: [{ index, records: produced() }] }],
  });
  assert.equal(await produce.handle(request(0), context), undefined);
  assert.equal(disconnects, 0);
  assert.equal(await produce.handle(request(9), context), undefined);
  assert.equal(disconnects, 1);
});

test('a connection that is far ahead of the disk waits for it, with and without acknowledgements', async () => {
  const {
    produce: send,
    engine,
    broker,
  } = await recordsFixture({
    isHeld: true,
    settings: { 'message.max.bytes': String(2 * limits.uncommittedBytesPerPartition) },
  });
  const value = 'x'.repeat(limits.uncommittedBytesPerPartition);
  let admitted = 0;
  const seen = { admitNext: () => admitted++ };
  const large = send([{ index: 0, batch: { value } }], {}, seen);
  await settle();
  assert.equal(admitted, 0);
  const request = {
    transactionalId: null,
    acks: 0,
    timeoutMs: 60_000,
    topicData: [{ name: 't', topicId: '', partitionData: [{ index: 0, records: produced() }] }],
  };
  const unanswered = produce.handle(request, requestContext(broker, PRODUCE_BY_NAME, seen));
  assert.ok(unanswered instanceof Promise);
  engine.log('t', 0).sync(2);
  assert.equal(await unanswered, undefined);
  assert.equal((await large).responses[0]?.partitionResponses[0]?.errorCode, ErrorCode.NONE);
  assert.equal(admitted, 0);
});

test('without anything to write the answer is empty', async () => {
  const { call } = await recordsFixture();
  const { responses } = await call(produce, Produce, 9, { acks: -1, topicData: [{ name: 't', partitionData: [] }] });
  assert.deepEqual(responses, []);
});
