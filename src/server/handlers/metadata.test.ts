import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BrokerConfig } from '../../config/broker-config.ts';
import { ClusterMetadata } from '../../metadata/cluster-metadata.ts';
import type { BrokerEndPoint } from '../../metadata/cluster-record.ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import { Metadata } from '../../protocol/messages/metadata.ts';
import { ZERO_UUID } from '../../protocol/uuid.ts';
import { type HandlerFixture, handlerFixture } from './handler-fixture.ts';
import { metadata } from './metadata.ts';

const none = { assignments: [], configs: [] };

/** Another broker of the cluster that `broker` belongs to. */
async function startBroker(
  { broker, metadataLog }: HandlerFixture,
  nodeId: number,
  endPoints: readonly BrokerEndPoint[],
): Promise<void> {
  const metadata = await ClusterMetadata.open({
    env: broker.env,
    log: metadataLog,
    nodeId,
    config: new BrokerConfig(),
  });
  await metadata.register({ endPoints, rack: null });
}

async function withTopics(...names: readonly string[]): Promise<HandlerFixture> {
  const fixture = await handlerFixture();
  const topics = names.map((name) => ({ name, numPartitions: 2, replicationFactor: 1, ...none }));
  await fixture.broker.metadata.createTopics(topics, { validateOnly: false });
  return fixture;
}

test('a client is told the address that its listener advertises', async () => {
  const { call, broker } = await handlerFixture();
  const answer = await call(metadata, Metadata, 9, { topics: [] });
  assert.deepEqual(answer.brokers, [{ nodeId: 1, host: 'where-you-are', port: 19092, rack: null }]);
  assert.equal(answer.clusterId, broker.metadata.clusterId);
  assert.equal(answer.controllerId, 1);
});

test('other brokers are where they registered for the same listener', async () => {
  const fixture = await handlerFixture();
  const { call, broker } = fixture;
  await startBroker(fixture, 2, [
    { name: 'INTERNAL', host: 'inside', port: 1, securityProtocol: 0 },
    { name: 'PLAINTEXT', host: 'outside', port: 2, securityProtocol: 0 },
  ]);
  await startBroker(fixture, 3, [{ name: 'INTERNAL', host: 'inside', port: 3, securityProtocol: 0 }]);
  await broker.metadata.deleteTopics([{ name: 'nothing' }]);
  const answer = await call(metadata, Metadata, 9, { topics: [] });
  assert.deepEqual(
    answer.brokers.map(({ nodeId, host, port }) => [nodeId, host, port]),
    [
      [1, 'where-you-are', 19092],
      [2, 'outside', 2],
    ],
  );
});

test('v0 takes an empty list for all topics, later versions null', async () => {
  const { call } = await withTopics('a', 'b');
  const names = async (version: number, topics: readonly [] | null) =>
    (await call(metadata, Metadata, version, { topics })).topics.map(({ name }) => name);
  assert.deepEqual(await names(0, []), ['a', 'b']);
  assert.deepEqual(await names(1, []), []);
  assert.deepEqual(await names(12, null), ['a', 'b']);
});

test('a topic is found by its id whatever name stands beside it, and told once', async () => {
  const { call, broker } = await withTopics('a');
  const topicId = broker.metadata.image.topicByName('a')?.id ?? '';
  const { topics } = await call(metadata, Metadata, 12, {
    topics: [
      { topicId, name: 'something-else' },
      { topicId: ZERO_UUID, name: 'a' },
    ],
  });
  assert.deepEqual(
    topics.map(({ name, errorCode, partitions }) => [name, errorCode, partitions.length]),
    [['a', ErrorCode.NONE, 2]],
  );
});

test('an id in a version that has none refuses the whole request', async () => {
  const { call, broker } = await withTopics('a');
  const topicId = broker.metadata.image.topicByName('a')?.id ?? '';
  const answer = await call(metadata, Metadata, 11, { topics: [{ topicId, name: 'a' }] });
  assert.deepEqual([answer.brokers, answer.clusterId, answer.controllerId], [[], null, -1]);
  assert.equal(answer.topics[0]?.errorCode, ErrorCode.INVALID_REQUEST);
});

test('an unknown topic is created when both the request and the broker allow it', async () => {
  const { call, broker } = await handlerFixture({ 'num.partitions': '3' });
  const ask = (name: string, allowAutoTopicCreation: boolean) =>
    call(metadata, Metadata, 12, { topics: [{ topicId: ZERO_UUID, name }], allowAutoTopicCreation });
  assert.equal((await ask('yes', true)).topics[0]?.errorCode, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  assert.equal((await ask('no', false)).topics[0]?.errorCode, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  // Changes are made one after the other: this one waits for the creation.
  await broker.metadata.deleteTopics([{ name: 'nothing' }]);
  assert.equal((await ask('yes', true)).topics[0]?.partitions.length, 3);
  assert.equal((await ask('no', false)).topics[0]?.errorCode, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
});

test('a broker that must not create topics by itself does not', async () => {
  const { call, broker } = await handlerFixture({ 'auto.create.topics.enable': 'false' });
  await call(metadata, Metadata, 12, { topics: [{ topicId: ZERO_UUID, name: 'a' }], allowAutoTopicCreation: true });
  await broker.metadata.deleteTopics([{ name: 'nothing' }]);
  assert.equal(broker.metadata.image.topicCount, 0);
});

test('names that no topic can have are told apart from unknown ones and never created', async () => {
  const { call, broker } = await handlerFixture();
  const topics = ['', '..', 'a b', '__consumer_offsets'].map((name) => ({ topicId: ZERO_UUID, name }));
  const answer = await call(metadata, Metadata, 12, { topics, allowAutoTopicCreation: false });
  assert.deepEqual(
    answer.topics.map(({ name, errorCode, isInternal }) => [name, errorCode, isInternal]),
    [
      ['', ErrorCode.INVALID_TOPIC_EXCEPTION, false],
      ['..', ErrorCode.INVALID_TOPIC_EXCEPTION, false],
      ['a b', ErrorCode.INVALID_TOPIC_EXCEPTION, false],
      ['__consumer_offsets', ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, true],
    ],
  );
  assert.equal(broker.metadata.image.topicCount, 0);
});
