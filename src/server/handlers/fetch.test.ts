import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settle } from '../../../sim/virtual-clock.ts';
import { produced } from '../../partition/partition.fixture.ts';
import { lastOffset } from '../../protocol/batch/header.ts';
import { batches } from '../../protocol/batch/iterate.ts';
import { codecOf } from '../../protocol/codec.ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import { Fetch } from '../../protocol/messages/fetch.ts';
import { Reader } from '../../protocol/reader.ts';
import { Writer } from '../../protocol/writer.ts';
import { fetch } from './fetch.ts';
import { connection, requestContext } from './handler-fixture.ts';
import { recordsFixture, wanted } from './records-fixture.ts';

type Fixture = Awaited<ReturnType<typeof recordsFixture>>;
type Answer = Awaited<ReturnType<Fixture['fetch']>>;

const batchBytes = produced().length;

/** `partition: last offset` of what came (`-` for nothing), or the error. */
function seenIn({ responses }: Answer): string[] {
  return responses.flatMap(({ partitions }) =>
    partitions.map(({ partitionIndex, errorCode, records }) => {
      if (errorCode !== ErrorCode.NONE) return `${partitionIndex}: error ${errorCode}`;
      const last = [...batches(records ?? new Uint8Array())].at(-1);
      return `${partitionIndex}: ${last === undefined ? '-' : lastOffset(last)}`;
    }),
  );
}

/** A topic whose partitions 0, 1 and 2 have two batches of one record each. */
async function filled(options: Parameters<typeof recordsFixture>[0] = {}): Promise<Fixture> {
  const fixture = await recordsFixture(options);
  for (const index of [0, 0, 1, 1, 2, 2]) await fixture.produce([{ index }]);
  return fixture;
}

/** The answer if there is one by now. */
function watch(promise: Promise<Answer>): { answer: Answer | undefined } {
  const watched: { answer: Answer | undefined } = { answer: undefined };
  promise.then(
    (answer) => {
      watched.answer = answer;
    },
    () => {},
  );
  return watched;
}

test('what is in memory is answered in the same turn', async () => {
  const { broker, produce } = await recordsFixture();
  await produce([{ index: 0 }]);
  const writer = new Writer();
  codecOf(Fetch.request, 12).write(writer, { maxWaitMs: 500, minBytes: 1, topics: wanted({ 0: 0 }) });
  const request = codecOf(Fetch.request, 12).read(new Reader(writer.toBytes()));
  assert.equal(fetch.handle(request, requestContext(broker, 12)) instanceof Promise, false);
});

test('beyond the ends of a log is out of range, at its end there is nothing', async () => {
  const { fetch } = await filled();
  const answer = await fetch({ topics: wanted({ 0: 2, 1: 3, 2: -1 }) });
  assert.deepEqual(seenIn(answer), ['0: -', '1: error 1', '2: error 1']);
});

test('the limits hold for all but the first batch of the first partition that has any', async () => {
  const { fetch } = await filled();
  const all = { 0: 0, 1: 0, 2: 0 };
  assert.deepEqual(seenIn(await fetch({ topics: wanted(all), maxBytes: 1 })), ['0: 0', '1: -', '2: -']);
  assert.deepEqual(seenIn(await fetch({ topics: wanted(all, { partitionMaxBytes: 1 }) })), ['0: 0', '1: -', '2: -']);
  const onePerPartition = wanted(all, { partitionMaxBytes: batchBytes + 10 });
  assert.deepEqual(seenIn(await fetch({ topics: onePerPartition })), ['0: 0', '1: 0', '2: 0']);
  const topics = wanted({ 0: 2, 1: 0 }, { partitionMaxBytes: 1 });
  assert.deepEqual(seenIn(await fetch({ topics })), ['0: -', '1: 0']);
  assert.deepEqual(seenIn(await fetch({ topics: wanted(all), maxBytes: 3 * batchBytes })), ['0: 1', '1: 0', '2: -']);
});

test('partitions that do not exist come last and keep nobody from waiting', async () => {
  const { fetch, env } = await recordsFixture();
  const pending = fetch({ topics: wanted({ 9: 0, 0: 0 }), maxWaitMs: 1_000 });
  const watched = watch(pending);
  await env.clock.advance(999);
  assert.equal(watched.answer, undefined);
  await env.clock.advance(1);
  assert.deepEqual(seenIn(await pending), ['0: -', '9: error 3']);
  // With nothing else there is nothing to wait for.
  assert.deepEqual(seenIn(await fetch({ topics: wanted({ 9: 0 }), maxWaitMs: 1_000 })), ['9: error 3']);
});

test('a fetch waits until there are enough bytes below the high watermark', async () => {
  const { fetch, produce, engine } = await recordsFixture({ isHeld: true });
  const pending = fetch({ topics: wanted({ 0: 0 }), maxWaitMs: 10_000, minBytes: batchBytes + 1 });
  const watched = watch(pending);
  await settle();
  const acks = { acks: 1 };
  for (const count of [1, 2]) {
    const sent = produce([{ index: 0 }], acks);
    await settle();
    engine.log('t').write(count);
    await sent;
  }
  engine.log('t').sync(1);
  await settle();
  assert.equal(watched.answer, undefined);
  engine.log('t').sync(2);
  assert.deepEqual(seenIn(await pending), ['0: 1']);
});

test('errors do not wait', async () => {
  const { fetch } = await recordsFixture();
  const answer = await fetch({ topics: wanted({ 0: 0, 1: 5 }), maxWaitMs: 10_000 });
  assert.deepEqual(seenIn(answer), ['0: -', '1: error 1']);
});

test('who does not wait sees what was appended before', async () => {
  const { fetch, produce, engine } = await recordsFixture({ isHeld: true });
  const sent = produce([{ index: 0 }], { acks: 1 });
  await settle();
  engine.log('t').write(1);
  await sent;
  const pending = fetch({ topics: wanted({ 0: 0 }) });
  const watched = watch(pending);
  await settle();
  assert.equal(watched.answer, undefined);
  engine.log('t').sync(1);
  assert.deepEqual(seenIn(await pending), ['0: 0']);
});

test('a topic that is deleted ends the wait', async () => {
  const { fetch, broker } = await recordsFixture();
  const pending = fetch({ topics: wanted({ 0: 0 }), maxWaitMs: 10_000 });
  await settle();
  await broker.metadata.deleteTopics([{ name: 't' }]);
  const answer = await pending;
  assert.deepEqual(seenIn(answer), ['0: error 3']);
  assert.equal(answer.responses[0]?.partitions[0]?.abortedTransactions, null);
});

test('a client that is gone is waited for no longer', async () => {
  const { fetch } = await recordsFixture();
  const gone = new AbortController();
  const seen = { connection: { ...connection, signal: gone.signal } };
  const pending = fetch({ topics: wanted({ 0: 0 }), maxWaitMs: 2_000_000_000 }, 12, seen);
  await settle();
  gone.abort();
  assert.deepEqual(seenIn(await pending), ['0: -']);
  assert.deepEqual(seenIn(await fetch({ topics: wanted({ 0: 0 }), maxWaitMs: 2_000_000_000 }, 12, seen)), ['0: -']);
});

test('where logs diverge is told at once', async () => {
  const { fetch } = await filled();
  const [topic] = wanted({ 0: 5 });
  const topics = [{ ...topic, partitions: topic?.partitions?.map((it) => ({ ...it, lastFetchedEpoch: 0 })) }];
  const { responses } = await fetch({ topics, maxWaitMs: 10_000 });
  assert.deepEqual(responses[0]?.partitions[0]?.divergingEpoch, { epoch: 0, endOffset: 2 });
});

test('a replica that this broker does not know is sent to the leader', async () => {
  const { fetch, topicId } = await filled();
  assert.deepEqual(seenIn(await fetch({ replicaId: 99, topics: wanted({ 0: 0 }) })), ['0: error 6']);
  const state = { replicaId: 99, replicaEpoch: 1 };
  const { responses } = await fetch({ replicaState: state, topics: wanted({ 0: 0 }, { topicId }) }, 17);
  assert.deepEqual(responses[0]?.partitions[0]?.currentLeader, { leaderId: 1, leaderEpoch: 0 });
});

test('an isolation level that does not exist fails all of the request', async () => {
  const { fetch } = await filled();
  const answer = await fetch({ isolationLevel: 2, topics: wanted({ 0: 0 }) });
  assert.deepEqual([answer.errorCode, ...seenIn(answer)], [ErrorCode.UNKNOWN_SERVER_ERROR, '0: error -1']);
});

test('a session answers with what is new, and with everything left over', async () => {
  const { fetch, produce } = await filled();
  const first = await fetch({ sessionEpoch: 0, topics: wanted({ 0: 0, 1: 2, 2: 2 }) });
  assert.notEqual(first.sessionId, 0);
  assert.deepEqual(seenIn(first), ['0: 1', '1: -', '2: -']);
  const { sessionId } = first;
  let sessionEpoch = 1;
  const next = async (topics = wanted({}), maxWaitMs = 0) =>
    seenIn(await fetch({ sessionId, sessionEpoch: sessionEpoch++, topics, maxWaitMs }));
  assert.deepEqual(await next(), ['0: 1']);
  assert.deepEqual(await next(wanted({ 0: 2 })), []);
  await produce([{ index: 2 }]);
  assert.deepEqual(await next(), ['2: 2']);
  assert.deepEqual(await next(wanted({ 2: 3 })), []);
  assert.deepEqual(await next(wanted({ 7: 0 })), ['7: error 3']);
  assert.deepEqual(await next(), ['7: error 3']);
});

test('a waiting session is woken by a partition that was quiet for long', async () => {
  const { fetch, produce, env } = await filled();
  const { sessionId } = await fetch({ sessionEpoch: 0, topics: wanted({ 0: 2, 1: 2, 2: 2 }) });
  const idle = fetch({ sessionId, sessionEpoch: 1, topics: [], maxWaitMs: 500 });
  await settle();
  await env.clock.advance(500);
  assert.deepEqual(seenIn(await idle), []);
  const pending = fetch({ sessionId, sessionEpoch: 2, topics: [], maxWaitMs: 500 });
  await settle();
  await produce([{ index: 1 }]);
  assert.deepEqual(seenIn(await pending), ['1: 2']);
});

test('an idle poll of a session looks at none of its partitions', async () => {
  const { fetch, broker } = await filled();
  const { sessionId } = await fetch({ sessionEpoch: 0, topics: wanted({ 0: 2, 1: 2, 2: 2 }) });
  assert.equal(broker.fetchSessions.get(sessionId)?.activeCount, 0);
});

test('ids and epochs that are not those of the session are refused, and it lives on', async () => {
  const { fetch, topicId } = await filled();
  const { sessionId } = await fetch({ sessionEpoch: 0, topics: wanted({ 0: 0 }) });
  const errorOf = async (id: number, sessionEpoch: number, version = 12) =>
    (await fetch({ sessionId: id, sessionEpoch, topics: [] }, version)).errorCode;
  assert.equal(await errorOf(sessionId, 2), ErrorCode.INVALID_FETCH_SESSION_EPOCH);
  assert.equal(await errorOf(sessionId + 1, 1), ErrorCode.FETCH_SESSION_ID_NOT_FOUND);
  assert.equal(await errorOf(sessionId, 1, 17), ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR);
  assert.equal(await errorOf(sessionId, 1), ErrorCode.NONE);
  const closing = await fetch({ sessionId, sessionEpoch: -1, topics: wanted({ 0: 0 }) });
  assert.deepEqual([closing.sessionId, ...seenIn(closing)], [0, '0: 1']);
  assert.equal(await errorOf(sessionId, 2), ErrorCode.FETCH_SESSION_ID_NOT_FOUND);
  assert.notEqual((await fetch({ sessionEpoch: 0, topics: wanted({ 0: 0 }, { topicId }) }, 17)).sessionId, 0);
});

test('partitions that gave data go to the end, so that all get their turn', async () => {
  const { fetch } = await filled();
  const topics = wanted({ 0: 0, 1: 0, 2: 0 }, { partitionMaxBytes: batchBytes });
  const { sessionId } = await fetch({ sessionEpoch: 0, topics });
  const turns: string[] = [];
  for (let sessionEpoch = 1; sessionEpoch <= 5; sessionEpoch++) {
    turns.push(...seenIn(await fetch({ sessionId, sessionEpoch, topics: [], maxBytes: batchBytes })));
  }
  assert.deepEqual(turns, ['0: 0', '1: 0', '2: 0', '0: 0', '1: 0']);
});

test('of two requests of one session that overlap the older one is out of date', async () => {
  const { fetch } = await filled();
  const { sessionId } = await fetch({ sessionEpoch: 0, topics: wanted({ 0: 2 }) });
  const older = fetch({ sessionId, sessionEpoch: 1, topics: [], maxWaitMs: 10_000 });
  await settle();
  const newer = await fetch({ sessionId, sessionEpoch: 2, topics: wanted({ 1: 0 }), maxWaitMs: 0 });
  assert.deepEqual(seenIn(newer), ['1: 1']);
  // It ends when its time is up or its data comes; here another poll takes the wait over.
  const third = fetch({ sessionId, sessionEpoch: 3, topics: wanted({ 1: 2 }), maxWaitMs: 10_000 });
  assert.equal((await older).errorCode, ErrorCode.INVALID_FETCH_SESSION_EPOCH);
  const gone = await fetch({ sessionId, sessionEpoch: -1, topics: [] });
  assert.equal(gone.sessionId, 0);
  assert.equal(watch(third).answer, undefined);
});

test('without room for sessions the answers have none', async () => {
  const { fetch } = await filled({ settings: { 'max.incremental.fetch.session.cache.slots': '0' } });
  assert.equal((await fetch({ sessionEpoch: 0, topics: wanted({ 0: 0 }) })).sessionId, 0);
});

test('a moved log start is news', async () => {
  const { fetch, broker } = await filled();
  const { sessionId } = await fetch({ sessionEpoch: 0, topics: wanted({ 0: 2 }) });
  const partition = await broker.partitions.get('t', 0);
  assert.notEqual(typeof partition, 'number');
  if (typeof partition !== 'number') await partition.deleteRecordsBefore(1);
  const { responses } = await fetch({ sessionId, sessionEpoch: 1, topics: [] });
  assert.equal(responses[0]?.partitions[0]?.logStartOffset, 1);
});
