import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BrokerConfig } from '../config/broker-config.ts';
import { ErrorCode } from '../protocol/error-code.ts';
import { createPartitions } from './create-partitions.ts';
import { createTopics, type NewTopic } from './create-topics.ts';
import { automaticTopic } from './internal-topics.ts';
import { LiveImage } from './live-image.ts';

function imageOf(brokerIds: readonly number[], topics: readonly NewTopic[] = []): LiveImage {
  const image = new LiveImage();
  for (const brokerId of brokerIds) {
    image.apply({
      kind: 'registerBroker',
      brokerId,
      incarnationId: `i${brokerId}`,
      brokerEpoch: brokerId,
      endPoints: [],
      rack: null,
    });
  }
  for (const record of decide(image, topics).records) image.apply(record);
  return image;
}

const nobody: ReadonlySet<number> = new Set();

let ids = 0;

function nextId(): string {
  ids += 1;
  return `id-${ids}`;
}

function decide(image: LiveImage, topics: readonly NewTopic[], settings: Record<string, string> = {}) {
  const config = new BrokerConfig({ flag: settings });
  return createTopics(image, topics, { config, cordoned: nobody, newTopicId: nextId });
}

function topic(name: string, more: Partial<NewTopic> = {}): NewTopic {
  return { name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [], ...more };
}

function errorOf(image: LiveImage, wanted: NewTopic, settings?: Record<string, string>): number | undefined {
  const [result] = decide(image, [wanted], settings).reply;
  return result?.kind === 'refused' ? result.error : undefined;
}

test('up to three replicas may be asked of one broker, unless it is strict', () => {
  const image = imageOf([1]);
  assert.equal(errorOf(image, topic('a', { replicationFactor: 3 })), undefined);
  assert.equal(errorOf(image, topic('a', { replicationFactor: 4 })), ErrorCode.INVALID_REPLICATION_FACTOR);
  const strict = { 'replication.factor.strict': 'true' };
  assert.equal(errorOf(image, topic('a', { replicationFactor: 1 }), strict), undefined);
  assert.equal(errorOf(image, topic('a', { replicationFactor: 2 }), strict), ErrorCode.INVALID_REPLICATION_FACTOR);
});

test('a broker that is cordoned gets new partitions only by hand', () => {
  const image = imageOf([1, 2, 3], [topic('b')]);
  const config = new BrokerConfig();
  const options = { config, cordoned: new Set([2]), newTopicId: nextId };
  const byHand = topic('c', {
    numPartitions: -1,
    replicationFactor: -1,
    assignments: [{ partitionIndex: 0, brokerIds: [2] }],
  });
  const { records } = createTopics(image, [topic('a', { numPartitions: 4 }), byHand], options);
  assert.deepEqual(
    records.flatMap((record) => (record.kind === 'partition' ? [record.leader] : [])),
    [3, 1, 3, 1, 2],
  );
  const all = { ...options, cordoned: new Set([1, 2, 3]) };
  const [refused, made] = createTopics(image, [topic('a'), byHand], all).reply;
  assert.equal(refused?.kind === 'refused' && refused.error, ErrorCode.INVALID_REPLICATION_FACTOR);
  assert.equal(made?.kind, 'created');
  const grown = createPartitions(image, [{ name: 'b', count: 2, assignments: null }], all.cordoned);
  assert.equal(grown.reply[0]?.kind === 'refused' && grown.reply[0].error, ErrorCode.INVALID_REPLICATION_FACTOR);
});

test('brokers lead new partitions in turn', () => {
  const { records } = decide(imageOf([3, 1, 2]), [topic('a', { numPartitions: 7 })]);
  assert.deepEqual(
    records.flatMap((record) => (record.kind === 'partition' ? [record.leader] : [])),
    [1, 2, 3, 1, 2, 3, 1],
  );
});

test('of a manual assignment the first broker leads', () => {
  const assignments = [
    { partitionIndex: 1, brokerIds: [2, 1] },
    { partitionIndex: 0, brokerIds: [1, 2] },
  ];
  const { records } = decide(imageOf([1, 2]), [topic('a', { numPartitions: -1, replicationFactor: -1, assignments })]);
  assert.deepEqual(
    records.flatMap((record) =>
      record.kind === 'partition' ? [[record.partitionId, record.leader, record.replicas]] : [],
    ),
    [
      [0, 1, [1]],
      [1, 2, [2]],
    ],
  );
});

test('one refused topic does not keep the others from being created', () => {
  const { records, reply } = decide(imageOf([1]), [topic('a b'), topic('b')]);
  assert.deepEqual(
    reply.map(({ kind }) => kind),
    ['refused', 'created'],
  );
  assert.deepEqual(
    records.flatMap((record) => (record.kind === 'topic' ? [record.name] : [])),
    ['b'],
  );
});

test('a name that metrics could not tell from an existing one is refused', () => {
  const image = imageOf([1], [topic('a.b')]);
  assert.equal(errorOf(image, topic('a_b')), ErrorCode.INVALID_TOPIC_EXCEPTION);
  assert.equal(errorOf(image, topic('a.b')), ErrorCode.TOPIC_ALREADY_EXISTS);
  assert.equal(errorOf(image, topic('ab')), undefined);
});

test('one request makes at most ten thousand partitions', () => {
  const image = imageOf([1]);
  assert.equal(errorOf(image, topic('a', { numPartitions: 2_147_483_647 })), ErrorCode.POLICY_VIOLATION);
  const { reply, records } = decide(image, [topic('a', { numPartitions: 5001 }), topic('b', { numPartitions: 5000 })]);
  assert.deepEqual(
    reply.map((result) => result.kind === 'refused' && result.error),
    [ErrorCode.POLICY_VIOLATION, ErrorCode.POLICY_VIOLATION],
  );
  assert.deepEqual(records, []);
  const grown = createPartitions(imageOf([1], [topic('c')]), [{ name: 'c', count: 10_002, assignments: null }], nobody);
  assert.equal(grown.reply[0]?.kind === 'refused' && grown.reply[0].error, ErrorCode.POLICY_VIOLATION);
});

test('Kafka’s own topics get the settings that the broker has for them', () => {
  const config = new BrokerConfig({ flag: { 'offsets.topic.num.partitions': '7' } });
  const offsets = automaticTopic('__consumer_offsets', config);
  assert.equal(offsets.numPartitions, 7);
  const [result] = createTopics(imageOf([1]), [offsets], { config, cordoned: nobody, newTopicId: () => 'id' }).reply;
  assert.deepEqual(result?.kind === 'created' && Object.fromEntries(result.configs), {
    'cleanup.policy': 'compact',
    'segment.bytes': '104857600',
    'compression.type': 'producer',
  });
  for (const name of ['__transaction_state', '__share_group_state', 'orders']) {
    const [made] = createTopics(imageOf([1]), [automaticTopic(name, config)], {
      config,
      cordoned: nobody,
      newTopicId: () => 'id',
    }).reply;
    assert.equal(made?.kind, 'created', name);
  }
});

test('an error message does not grow with what a client sends', () => {
  const [result] = decide(imageOf([1]), [topic('x'.repeat(32_000))]).reply;
  assert.ok(result?.kind === 'refused' && (result.message?.length ?? 0) < 5000);
});
