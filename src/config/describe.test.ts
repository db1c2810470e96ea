import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { BrokerConfig } from './broker-config.ts';
import {
  type DescribedSetting,
  describeBroker,
  describeClientMetrics,
  describeClusterDefault,
  describeGroup,
  describeTopic,
} from './describe.ts';

// What a real Apache Kafka 4.3.1 answered, with synonyms.
const answers: Record<string, { readonly configs: readonly DescribedSetting[] }> = JSON.parse(
  readFileSync(new URL('testdata/kafka-4.3.1-described.json', import.meta.url), 'utf8'),
);

/** The server.properties of the broker that answered. */
const file = {
  'process.roles': 'broker,controller',
  'node.id': '1',
  'controller.listener.names': 'CONTROLLER',
  'controller.quorum.bootstrap.servers': '127.0.0.1:19193',
  listeners: 'PLAINTEXT://127.0.0.1:19192,CONTROLLER://127.0.0.1:19193',
  'advertised.listeners': 'PLAINTEXT://127.0.0.1:19192,CONTROLLER://127.0.0.1:19193',
  'log.dirs': 'broker-data',
  'offsets.topic.replication.factor': '1',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'share.coordinator.state.topic.replication.factor': '1',
  'share.coordinator.state.topic.min.isr': '1',
  'group.initial.rebalance.delay.ms': '0',
};

/** Apache Kafka writes this one when it formats its storage. */
const formatted = { 'min.insync.replicas': '1' };

const none = new Map<string, string>();
const everything = { keys: null, includeSynonyms: true, includeDocumentation: false };

function kafkaLike(): BrokerConfig {
  const config = new BrokerConfig({ file });
  config.setDynamic('cluster', new Map(Object.entries(formatted)));
  return config;
}

function changed(): BrokerConfig {
  const config = kafkaLike();
  const cluster = { 'log.retention.ms': '7200000', 'message.max.bytes': '900000', 'log.cleaner.threads': '2' };
  config.setDynamic('cluster', new Map(Object.entries({ ...formatted, ...cluster })));
  config.setDynamic(
    'broker',
    new Map(Object.entries({ 'log.retention.ms': '3600000', 'message.max.bytes': '800000' })),
  );
  return config;
}

/** Defaults of our own (decided in the tables) are not Kafka's answer. */
function withoutOwnDefaults(rows: readonly DescribedSetting[]): readonly DescribedSetting[] {
  const own = new Set(['listeners', 'log.dir', 'group.initial.rebalance.delay.ms']);
  return rows
    .filter((row) => row.name !== 'log.dir')
    .map((row) => ({ ...row, synonyms: row.synonyms.filter(({ name, source }) => source !== 5 || !own.has(name)) }))
    .toSorted((left, right) => (left.name < right.name ? -1 : 1));
}

function same(actual: readonly DescribedSetting[], answer: string): void {
  const expected = answers[answer]?.configs;
  assert.ok(expected !== undefined && expected.length > 0, answer);
  assert.deepEqual(withoutOwnDefaults(actual), withoutOwnDefaults(expected));
}

const overridden = new Map([
  ['cleanup.policy', 'compact'],
  ['max.message.bytes', '5000'],
  ['retention.ms', '1000'],
]);

test('a topic without settings of its own is described as Kafka does', () => {
  same(describeTopic(kafkaLike(), none, everything), 'topic-fresh');
});

test('the settings of a topic come first among the synonyms', () => {
  same(describeTopic(kafkaLike(), overridden, everything), 'topic-overridden');
});

test('only the keys asked for are described, unknown ones are left out, no keys means all', () => {
  const keys = ['retention.ms', 'no.such.key'];
  same(describeTopic(kafkaLike(), overridden, { ...everything, keys }), 'topic-two-keys-one-unknown');
  same(describeTopic(kafkaLike(), overridden, { ...everything, keys: [] }), 'topic-overridden');
});

test('a broker describes every setting with source, synonyms, type and secrecy', () => {
  same(describeBroker(kafkaLike(), everything), 'broker');
});

test('the cluster default has what was set for all brokers and nothing else', () => {
  same(describeClusterDefault(kafkaLike(), everything), 'broker-default');
  same(describeClusterDefault(changed(), everything), 'broker-default-after-dynamic');
});

test('a broker lists its own dynamic value before the cluster default before the file before the default', () => {
  const keys = ['log.retention.ms', 'message.max.bytes', 'log.cleaner.threads', 'node.id', 'log.retention.hours'];
  same(describeBroker(changed(), { ...everything, keys }), 'broker-after-dynamic');
});

test('a topic follows the dynamic settings of its broker', () => {
  const keys = ['retention.ms', 'max.message.bytes', 'segment.bytes'];
  same(describeTopic(changed(), none, { ...everything, keys }), 'topic-fresh-after-dynamic');
  same(describeTopic(changed(), overridden, { ...everything, keys }), 'topic-overridden-after-dynamic');
});

test('a group shows what it inherits from the broker', () => {
  same(describeGroup(kafkaLike(), none, everything), 'group-fresh');
  const own = new Map([['consumer.session.timeout.ms', '50000']]);
  same(describeGroup(changed(), own, everything), 'group-after-dynamic');
});

test('client metrics have no synonyms but their own values', () => {
  same(describeClientMetrics(none, everything), 'client-metrics-missing');
  const own = new Map([
    ['interval.ms', '15000'],
    ['match', 'client_id=a.*'],
    ['metrics', 'org.apache.kafka.producer.'],
  ]);
  same(describeClientMetrics(own, everything), 'client-metrics-after-dynamic');
});

test('a number is shown as it was understood', () => {
  const [row] = describeTopic(kafkaLike(), new Map([['retention.ms', ' 5 ']]), {
    ...everything,
    keys: ['retention.ms'],
  });
  assert.equal(row?.value, '5');
  assert.equal(row?.synonyms[0]?.value, '5');
});

test('what nobody knows is taken for a secret', () => {
  const config = kafkaLike();
  config.setDynamic('broker', new Map([['no.such', 'hush']]));
  const [row] = describeBroker(config, { ...everything, keys: ['no.such'] });
  assert.deepEqual(row, {
    name: 'no.such',
    value: null,
    readOnly: true,
    configSource: 2,
    isSensitive: true,
    synonyms: [{ name: 'no.such', value: null, source: 2 }],
    configType: 0,
    documentation: null,
  });
});

test('a password is never shown, not even as a synonym', () => {
  const config = new BrokerConfig({ file: { 'ssl.key.password': 'hush' } });
  const rows = describeBroker(config, { ...everything, keys: ['ssl.key.password'] });
  assert.equal(JSON.stringify(rows).includes('hush'), false);
});

test('documentation says what a setting does, or that it does nothing', () => {
  const keys = ['num.partitions', 'ssl.provider'];
  const rows = describeBroker(kafkaLike(), { ...everything, keys, includeDocumentation: true });
  const texts = new Map(rows.map((row) => [row.name, row.documentation]));
  assert.match(texts.get('num.partitions') ?? '', /Partitions of a topic/);
  assert.match(texts.get('ssl.provider') ?? '', /no effect in Ottla/);
});
