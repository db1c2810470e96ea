/** What the handlers of groups add to the coordinator: topics and brokers by their present names, versions, and what may run meanwhile. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { settle } from '../../../sim/virtual-clock.ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import { DescribeGroups } from '../../protocol/messages/describe-groups.ts';
import { FindCoordinator } from '../../protocol/messages/find-coordinator.ts';
import { JoinGroup } from '../../protocol/messages/join-group.ts';
import { ListGroups } from '../../protocol/messages/list-groups.ts';
import { OffsetCommit } from '../../protocol/messages/offset-commit.ts';
import { OffsetFetch } from '../../protocol/messages/offset-fetch.ts';
import { describeGroups } from './describe-groups.ts';
import { findCoordinator } from './find-coordinator.ts';
import { type HandlerFixture, handlerFixture } from './handler-fixture.ts';
import { joinGroup } from './join-group.ts';
import { listGroups } from './list-groups.ts';
import { offsetCommit } from './offset-commit.ts';
import { offsetFetch } from './offset-fetch.ts';

const settings = { 'offsets.topic.num.partitions': '3', 'transaction.state.log.num.partitions': '3' };
const join = {
  groupId: 'g',
  sessionTimeoutMs: 10_000,
  protocolType: 'consumer',
  protocols: [{ name: 'range', metadata: Buffer.from('x') }],
};

/** A broker with topic `t` of two partitions, whose coordinator has been looked for. */
async function withTopic(): Promise<HandlerFixture> {
  const fixture = await handlerFixture(settings);
  const topic = { name: 't', numPartitions: 2, replicationFactor: 1, assignments: [], configs: [] };
  await fixture.broker.metadata.createTopics([topic], { validateOnly: false });
  await fixture.call(findCoordinator, FindCoordinator, 4, { coordinatorKeys: ['g'] });
  return fixture;
}

function commitOf(offset: number, partitions = [0]) {
  const committed = partitions.map((partitionIndex) => ({ partitionIndex, committedOffset: offset }));
  return { groupId: 'g', topics: [{ name: 't', partitions: committed }] };
}

test('looking for a coordinator makes its topic, and answers where this client finds it', async () => {
  const { call, broker } = await handlerFixture(settings);
  const { coordinators } = await call(findCoordinator, FindCoordinator, 6, { coordinatorKeys: ['g', 'h'] });
  assert.deepEqual(
    coordinators.map(({ key, nodeId, host, errorCode }) => [key, nodeId, host, errorCode]),
    [
      ['g', 1, 'where-you-are', 0],
      ['h', 1, 'where-you-are', 0],
    ],
  );
  assert.equal(broker.metadata.image.topicByName('__consumer_offsets')?.partitions.length, 3);
  const single = await call(findCoordinator, FindCoordinator, 3, { key: 'x', keyType: 1 });
  assert.deepEqual([single.nodeId, single.errorCode, single.errorMessage], [1, 0, 'NONE']);
});

test('a key of an unknown kind, or a share key that is none, is refused and makes no topic', async () => {
  const { call, broker } = await handlerFixture(settings);
  const errorOf = async (version: number, keyType: number, key: string) => {
    const request = { keyType, coordinatorKeys: [key], key };
    const answer = await call(findCoordinator, FindCoordinator, version, request);
    return version < 4 ? answer.errorCode : answer.coordinators[0]?.errorCode;
  };
  assert.equal(await errorOf(2, 3, 'x'), ErrorCode.INVALID_REQUEST);
  assert.equal(await errorOf(5, 2, 'g:AAAAAAAAAAAAAAAAAAAAZg:0'), ErrorCode.INVALID_REQUEST);
  assert.equal(await errorOf(6, 2, 'g:x:0'), ErrorCode.INVALID_REQUEST);
  assert.equal(await errorOf(6, 2, ':AAAAAAAAAAAAAAAAAAAAZg:0'), ErrorCode.INVALID_REQUEST);
  assert.deepEqual([...broker.metadata.image.topics()], []);
});

test('a group whose topic does not exist yet has no coordinator', async () => {
  const { call } = await handlerFixture(settings);
  assert.equal((await call(joinGroup, JoinGroup, 9, join)).errorCode, ErrorCode.COORDINATOR_NOT_AVAILABLE);
});

test('offsets are committed and fetched by name or by id, in the order of the request', async () => {
  const { call, broker } = await withTopic();
  const committed = await call(offsetCommit, OffsetCommit, 8, commitOf(5, [7, 1, 0]));
  assert.deepEqual(
    committed.topics[0]?.partitions.map(({ partitionIndex, errorCode }) => [partitionIndex, errorCode]),
    [
      [7, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
      [1, ErrorCode.NONE],
      [0, ErrorCode.NONE],
    ],
  );
  const topicId = broker.metadata.image.topicByName('t')?.id ?? '';
  const unknownId = 'AAAAAAAAAAAAAAAAAAAAZg';
  const topics = [
    { topicId, partitionIndexes: [1] },
    { topicId: unknownId, partitionIndexes: [0] },
  ];
  const { groups } = await call(offsetFetch, OffsetFetch, 10, { groups: [{ groupId: 'g', topics }] });
  assert.deepEqual(
    groups[0]?.topics.map((topic) => [topic.topicId, topic.partitions[0]?.committedOffset]),
    [
      [topicId, 5],
      [unknownId, -1],
    ],
  );
});

test('while a commit waits for the disk the next request of the connection may begin', async () => {
  const { broker } = await withTopic();
  let admitted = 0;
  const context = {
    broker,
    apiVersion: 8,
    clientId: null,
    connection: { remoteAddress: '127.0.0.1' },
    admitNext: () => {
      admitted += 1;
    },
    disconnect() {},
  };
  const request = {
    ...commitOf(1),
    generationIdOrMemberEpoch: -1,
    memberId: '',
    groupInstanceId: null,
    retentionTimeMs: -1,
  };
  // The handler looks at no more of the context than this.
  const answer = offsetCommit.handle(request, context as never);
  assert.equal(admitted, 1);
  await answer;
});

test('deleting a topic deletes what groups have committed for it, before the deletion is answered', async () => {
  const { call, broker } = await withTopic();
  await call(offsetCommit, OffsetCommit, 8, commitOf(5));
  await broker.metadata.deleteTopics([{ name: 't' }]);
  const { groups } = await call(offsetFetch, OffsetFetch, 8, { groups: [{ groupId: 'g', topics: null }] });
  assert.deepEqual(groups[0]?.topics, []);
});

test('a deleted group topic takes the groups with it, and the next look for a coordinator makes a new one', async () => {
  const { call, broker } = await withTopic();
  await call(offsetCommit, OffsetCommit, 8, commitOf(5));
  const waiting = await call(joinGroup, JoinGroup, 3, join);
  assert.equal(waiting.generationId, 1);
  await broker.metadata.deleteTopics([{ name: '__consumer_offsets' }]);
  assert.equal((await call(joinGroup, JoinGroup, 3, join)).errorCode, ErrorCode.COORDINATOR_NOT_AVAILABLE);
  await call(findCoordinator, FindCoordinator, 4, { coordinatorKeys: ['g'] });
  assert.deepEqual((await call(listGroups, ListGroups, 5, {})).groups, []);
  assert.equal((await call(joinGroup, JoinGroup, 3, join)).generationId, 1);
});

test('a group that does not exist is Dead, from version 6 on not found', async () => {
  const { call } = await withTopic();
  const describe = async (version: number) =>
    (await call(describeGroups, DescribeGroups, version, { groups: ['x'] })).groups[0];
  assert.deepEqual([(await describe(5))?.errorCode, (await describe(5))?.groupState], [0, 'Dead']);
  assert.equal((await describe(6))?.errorCode, ErrorCode.GROUP_ID_NOT_FOUND);
});

test('groups are listed by state and type, whatever the case of the letters', async () => {
  const { call } = await withTopic();
  await call(offsetCommit, OffsetCommit, 8, commitOf(5));
  await call(joinGroup, JoinGroup, 3, { ...join, groupId: 'h' });
  const list = async (filter: object) =>
    (await call(listGroups, ListGroups, 5, filter)).groups.map(({ groupId }) => groupId).sort();
  assert.deepEqual(await list({}), ['g', 'h']);
  assert.deepEqual(await list({ statesFilter: ['EMPTY'] }), ['g']);
  assert.deepEqual(await list({ typesFilter: ['Classic'], statesFilter: ['completingrebalance'] }), ['h']);
  assert.deepEqual(await list({ typesFilter: ['consumer'] }), []);
});

test('a join that waits when the broker stops is told so', async () => {
  const { call, broker } = await withTopic();
  await call(joinGroup, JoinGroup, 3, join);
  const second = call(joinGroup, JoinGroup, 3, join);
  await settle();
  await broker.close();
  assert.equal((await second).errorCode, ErrorCode.COORDINATOR_NOT_AVAILABLE);
});
