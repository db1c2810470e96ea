import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BrokerConfig } from '../config/broker-config.ts';
import { ErrorCode } from '../protocol/error-code.ts';
import { ClusterMetadata } from './cluster-metadata.ts';
import type { NewTopic } from './create-topics.ts';
import type { MetadataChange } from './metadata-image.ts';
import { readAll } from './metadata-log.contract.ts';
import { type MetadataAppendOutcome, type MetadataLog, MetadataLogFault } from './metadata-log.ts';
import { contentOf, testCluster } from './test-cluster.ts';

const really = { validateOnly: false };

function newTopic(name: string, more: Partial<NewTopic> = {}): NewTopic {
  return { name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [], ...more };
}

test('the first broker makes the cluster, the second finds it', async () => {
  const cluster = testCluster();
  const first = await cluster.start(1);
  const second = await cluster.start(2);
  assert.match(first.clusterId, /^[A-Za-z0-9_][A-Za-z0-9_-]{21}$/);
  assert.equal(second.clusterId, first.clusterId);
  assert.equal(first.image.configs(4, '').get('min.insync.replicas'), '1');
});

test('a cluster can be given its id', async () => {
  const { env, log } = testCluster();
  const metadata = await ClusterMetadata.open({
    env,
    log,
    nodeId: 1,
    config: new BrokerConfig(),
    newClusterId: 'MkU3OEVBNTcwNTJENDM2Qg',
  });
  await metadata.register({ endPoints: [], rack: null });
  assert.equal(metadata.clusterId, 'MkU3OEVBNTcwNTJENDM2Qg');
});

test('a topic is in the image when its creation is answered', async () => {
  const metadata = await testCluster().start(1);
  const [result] = await metadata.createTopics([newTopic('orders', { numPartitions: 3 })], really);
  assert.equal(result?.kind, 'created');
  const topic = metadata.image.topicByName('orders');
  assert.equal(topic?.id, result.id);
  assert.equal(metadata.image.topicById(result.id), topic);
  assert.deepEqual(
    topic.partitions.map(({ index, leader, leaderEpoch, replicas, isr }) => ({
      index,
      leader,
      leaderEpoch,
      replicas,
      isr,
    })),
    [0, 1, 2].map((index) => ({ index, leader: 1, leaderEpoch: 0, replicas: [1], isr: [1] })),
  );
});

test('the state that is rebuilt from the log is the state that was live', async () => {
  const cluster = testCluster();
  const metadata = await cluster.start(1);
  await metadata.createTopics([newTopic('a.b', { numPartitions: 3 }), newTopic('c_d'), newTopic('e')], really);
  await metadata.createPartitions([{ name: 'e', count: 4, assignments: null }], really);
  await metadata.alterConfigs(
    [
      {
        kind: 'alter',
        resourceType: 2,
        resourceName: 'e',
        alterations: [set('retention.ms', '5'), set('segment.ms', '7')],
      },
      { kind: 'alter', resourceType: 4, resourceName: '', alterations: [set('log.retention.ms', '9')] },
      {
        kind: 'alter',
        resourceType: 32,
        resourceName: 'g',
        alterations: [set('consumer.session.timeout.ms', '50000')],
      },
    ],
    really,
  );
  await metadata.alterConfigs(
    [{ kind: 'replace', resourceType: 2, resourceName: 'e', settings: [{ name: 'segment.ms', value: '8' }] }],
    really,
  );
  await metadata.takeProducerIds();
  await metadata.deleteTopics([{ name: 'c_d' }]);
  await metadata.ensureTopic('__consumer_offsets');
  const second = await cluster.start(2);
  await second.reassignPartitions([{ topic: 'e', partition: 1, brokerIds: [2] }]);
  const restarted = await cluster.start(1);
  await restarted.createTopics([newTopic('after-the-restart', { numPartitions: 2 })], really);
  // Any change lets a broker catch up with what the others have done.
  await second.deleteTopics([{ name: 'nothing' }, { name: 'a.b' }]);
  await metadata.deleteTopics([{ name: 'nothing' }]);

  const rebuilt = await ClusterMetadata.open({
    env: cluster.env,
    log: cluster.log,
    nodeId: 3,
    config: new BrokerConfig(),
  });
  const live = contentOf(second.image);
  assert.deepEqual(contentOf(rebuilt.image), live);
  await untilEqual(() => contentOf(metadata.image), live);
  await untilEqual(() => contentOf(restarted.image), live);
});

test('a start begins a new leader epoch for every partition that the broker leads, and for no other', async () => {
  const cluster = testCluster();
  const first = await cluster.start(1);
  await first.createTopics([newTopic('a', { numPartitions: 2 })], really);
  const second = await cluster.start(2);
  await second.reassignPartitions([{ topic: 'a', partition: 1, brokerIds: [2] }]);
  const epochs = () =>
    second.image.topicByName('a')?.partitions.map(({ leader, leaderEpoch }) => [leader, leaderEpoch]);
  assert.deepEqual(epochs(), [
    [1, 0],
    [2, 1],
  ]);
  const restarted = await cluster.start(1);
  await second.deleteTopics([{ name: 'nothing' }]);
  assert.deepEqual(epochs(), [
    [1, 1],
    [2, 1],
  ]);
  assert.equal(restarted.image.topicByName('a')?.partitions[0]?.leaderEpoch, 1);
  await restarted.createTopics([newTopic('b')], really);
  assert.equal(restarted.image.topicByName('b')?.partitions[0]?.leaderEpoch, 0, 'a new partition begins at 0');
});

test('a broker that only tells its new address begins no epoch', async () => {
  const cluster = testCluster();
  const metadata = await cluster.start(1);
  await metadata.createTopics([newTopic('a')], really);
  const endPoints = [{ name: 'PLAINTEXT', host: 'elsewhere', port: 9093, securityProtocol: 0 }];
  await metadata.register({ endPoints, rack: 'r' });
  assert.equal(metadata.image.topicByName('a')?.partitions[0]?.leaderEpoch, 0);
  assert.deepEqual(metadata.image.brokers.get(1)?.endPoints, endPoints);
});

test('a start costs one record however many partitions there are', async () => {
  const cluster = testCluster();
  const metadata = await cluster.start(1);
  await metadata.createTopics([newTopic('a', { numPartitions: 10_000 })], really);
  const before = await endOf(cluster.log);
  const restarted = await cluster.start(1);
  assert.equal((await readAll(cluster.log, before)).length, 1);
  assert.equal(restarted.image.topicByName('a')?.partitions[9999]?.leaderEpoch, 1);
});

test('two brokers that create the same topic at once create it once', async () => {
  const cluster = testCluster();
  const brokers = [await cluster.start(1), await cluster.start(2)];
  const results = await Promise.all(brokers.map((broker) => broker.createTopics([newTopic('a')], really)));
  const kinds = results.flat().map((result) => (result.kind === 'refused' ? result.error : 'created'));
  assert.deepEqual(kinds.sort(), [ErrorCode.TOPIC_ALREADY_EXISTS, 'created'].sort());
});

test('producer ids are never handed out twice, by any broker or start', async () => {
  const cluster = testCluster();
  const first = await cluster.start(1);
  const second = await cluster.start(2);
  const blocks = await Promise.all([first.takeProducerIds(), second.takeProducerIds(), first.takeProducerIds()]);
  const restarted = await cluster.start(1);
  blocks.push(await restarted.takeProducerIds());
  assert.deepEqual(
    blocks.map(({ first: id }) => id).sort((left, right) => left - right),
    [0, 1000, 2000, 3000],
  );
});

test('listeners hear of a change before it is answered', async () => {
  const metadata = await testCluster().start(1);
  const heard: string[] = [];
  const unsubscribe = metadata.subscribe((changes: readonly MetadataChange[]) => {
    heard.push(...changes.map(({ kind }) => kind));
  });
  await metadata.createTopics(
    [newTopic('a', { numPartitions: 2, configs: [{ name: 'segment.ms', value: '1000' }] })],
    really,
  );
  assert.deepEqual(heard, ['topic-created', 'config-changed', 'partition-added', 'partition-added']);
  heard.length = 0;
  await metadata.deleteTopics([{ name: 'a' }]);
  assert.deepEqual(heard, ['topic-deleted']);
  unsubscribe();
  await metadata.createTopics([newTopic('b')], really);
  assert.deepEqual(heard, ['topic-deleted']);
});

test('what is only validated changes nothing', async () => {
  const metadata = await testCluster().start(1);
  const [result] = await metadata.createTopics([newTopic('a')], { validateOnly: true });
  assert.equal(result?.kind, 'created');
  assert.equal(metadata.image.topicByName('a'), undefined);
});

test('dynamic broker settings reach the config, at once and after a restart', async () => {
  const cluster = testCluster();
  const metadata = await cluster.start(1);
  const alteration = { kind: 'alter', resourceType: 4, alterations: [set('message.max.bytes', '2000')] } as const;
  const config = new BrokerConfig();
  const follower = await ClusterMetadata.open({ env: cluster.env, log: cluster.log, nodeId: 1, config });
  await metadata.alterConfigs([{ ...alteration, resourceName: '1' }], really);
  await follower.deleteTopics([{ name: 'nothing' }]);
  await untilEqual(() => config.get('message.max.bytes'), 2000);
  const restarted = new BrokerConfig();
  await ClusterMetadata.open({ env: cluster.env, log: cluster.log, nodeId: 1, config: restarted });
  assert.equal(restarted.get('message.max.bytes'), 2000);
});

test('a topic that somebody asks for is created once in the background', async () => {
  const cluster = testCluster();
  const metadata = await cluster.start(1, { 'num.partitions': '3' });
  const before = await endOf(cluster.log);
  metadata.createAutomatically(['a']);
  metadata.createAutomatically(['a']);
  await untilEqual(() => metadata.image.topicByName('a')?.partitions.length, 3);
  // One topic and three partitions.
  assert.equal((await endOf(cluster.log)) - before, 4);
});

test('an append with an unknown outcome is answered as such; the next change finds out what became of it', async () => {
  const faulty = new ForgetfulLog(testCluster().log);
  const metadata = await testCluster(faulty).start(1);
  faulty.losesAnswers = true;
  const [doubtful] = await metadata.createTopics([newTopic('a')], really);
  assert.equal(doubtful?.kind === 'refused' && doubtful.error, ErrorCode.KAFKA_STORAGE_ERROR);
  await assert.rejects(metadata.takeProducerIds(), MetadataLogFault);
  faulty.losesAnswers = false;
  const [result] = await metadata.createTopics([newTopic('a')], really);
  assert.equal(result?.kind === 'refused' && result.error, ErrorCode.TOPIC_ALREADY_EXISTS);
  assert.equal(metadata.image.topicCount, 1);
});

function set(name: string, value: string) {
  return { name, operation: 'set', value } as const;
}

async function endOf(log: MetadataLog): Promise<number> {
  for (let position = 0; ; ) {
    const { nextPosition } = await log.readFrom(position);
    if (nextPosition === position) return position;
    position = nextPosition;
  }
}

/** Lets background work go on until `actual` is `expected`. */
async function untilEqual(actual: () => unknown, expected: unknown): Promise<void> {
  for (let turn = 0; turn < 1000; turn += 1) {
    try {
      assert.deepEqual(actual(), expected);
      return;
    } catch {
      await Promise.resolve();
    }
  }
  assert.deepEqual(actual(), expected);
}

/** Appends, and then cannot say so. */
class ForgetfulLog implements MetadataLog {
  losesAnswers = false;
  readonly #inner: MetadataLog;

  constructor(inner: MetadataLog) {
    this.#inner = inner;
  }

  async append(...args: Parameters<MetadataLog['append']>): Promise<MetadataAppendOutcome> {
    const outcome = await this.#inner.append(...args);
    if (this.losesAnswers) throw new MetadataLogFault('the answer was lost');
    return outcome;
  }

  get wantsSnapshot(): boolean {
    return this.#inner.wantsSnapshot;
  }

  appendSnapshot: MetadataLog['appendSnapshot'] = (...args) => this.#inner.appendSnapshot(...args);
  readFrom: MetadataLog['readFrom'] = (position) => this.#inner.readFrom(position);
  subscribe: MetadataLog['subscribe'] = (listener) => this.#inner.subscribe(listener);
  close: MetadataLog['close'] = () => this.#inner.close();
}

test('why a topic of a coordinator cannot be created is logged once, however often it is asked for', async () => {
  const cluster = testCluster();
  const metadata = await cluster.start(1, { 'transaction.state.log.segment.bytes': '4000' });
  const ask = async (times: number) => {
    for (let count = 0; count < times; count += 1) await metadata.ensureTopic('__transaction_state');
  };
  const warnings = () => cluster.env.logger.lines.filter(({ level }) => level === 'warn');
  await ask(3);
  assert.deepEqual(
    warnings().map(({ fields }) => fields),
    [
      {
        topic: '__transaction_state',
        reason: 'Invalid value 4000 for configuration segment.bytes: Value must be at least 1048576',
      },
    ],
  );
});

test('a topic of a coordinator that two ask for at once is no reason for a warning', async () => {
  const cluster = testCluster();
  const metadata = await cluster.start(1);
  await Promise.all([metadata.ensureTopic('__consumer_offsets'), metadata.ensureTopic('__consumer_offsets')]);
  assert.ok(metadata.image.topicByName('__consumer_offsets') !== undefined);
  assert.deepEqual(
    cluster.env.logger.lines.filter(({ level }) => level === 'warn'),
    [],
  );
});
