import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Alteration,
  type AlterOutcome,
  alterBroker,
  alterClientMetrics,
  alterGroup,
  alterTopic,
  newTopic,
  replacing,
} from './alter.ts';
import { BrokerConfig } from './broker-config.ts';

const config = new BrokerConfig();
const nothing = new Map<string, string>();

function set(name: string, value: string | null): Alteration {
  return { name, operation: 'set', value };
}

function refused(outcome: AlterOutcome): string {
  return outcome.kind === 'refused' ? `${outcome.reason}: ${outcome.message}` : 'altered';
}

function overrides(outcome: AlterOutcome): object {
  assert.equal(outcome.kind, 'altered');
  return outcome.kind === 'altered' ? Object.fromEntries(outcome.overrides) : {};
}

test('settings of a topic are set, deleted, appended to and subtracted from', () => {
  const current = new Map([
    ['retention.ms', '1'],
    ['segment.ms', '2'],
  ]);
  const outcome = alterTopic(config, current, [
    set('retention.ms', ' 5 '),
    { name: 'segment.ms', operation: 'delete', value: null },
    { name: 'cleanup.policy', operation: 'append', value: 'compact' },
  ]);
  assert.deepEqual(overrides(outcome), { 'retention.ms': ' 5 ', 'cleanup.policy': 'delete,compact' });
});

test('subtracting the last policy leaves an empty list, and deleting what nobody knows is no error', () => {
  const subtract: Alteration = { name: 'cleanup.policy', operation: 'subtract', value: 'delete' };
  assert.deepEqual(overrides(alterTopic(config, nothing, [subtract])), { 'cleanup.policy': '' });
  const remove: Alteration = { name: 'no.such', operation: 'delete', value: null };
  assert.deepEqual(overrides(alterTopic(config, nothing, [remove])), {});
});

test('a topic is refused in the words of Apache Kafka', () => {
  const cases: readonly (readonly [readonly Alteration[], string])[] = [
    [[set('no.such', '1')], 'invalid-config: Unknown topic config name: no.such'],
    [
      [set('retention.ms', 'x')],
      'invalid-config: Invalid value x for configuration retention.ms: Not a number of type LONG',
    ],
    [[set('retention.ms', null)], 'invalid-request: Null value not supported for : retention.ms'],
    [[set('retention.ms', '1'), set('retention.ms', '2')], 'invalid-request: Error due to duplicate config keys'],
    [
      [{ name: 'retention.ms', operation: 'append', value: '1' }],
      "invalid-config: Can't APPEND to key retention.ms because its type is not LIST.",
    ],
    [
      [set('remote.storage.enable', 'true')],
      'invalid-config: Tiered Storage functionality is disabled in the broker. Topic cannot be configured with remote log storage.',
    ],
    [
      [set('min.compaction.lag.ms', '5'), set('max.compaction.lag.ms', '4')],
      'invalid-config: conflict topic config setting min.compaction.lag.ms (5) > max.compaction.lag.ms (4)',
    ],
  ];
  for (const [alterations, message] of cases) assert.equal(refused(alterTopic(config, nothing, alterations)), message);
});

test('a new topic takes the last of two values and refuses none at all', () => {
  assert.deepEqual(overrides(newTopic(config, [set('retention.ms', '1'), set('retention.ms', '2')])), {
    'retention.ms': '2',
  });
  const message = 'invalid-config: Null value not supported for topic configs: retention.ms';
  assert.equal(refused(newTopic(config, [set('retention.ms', null)])), message);
});

test('replacing sends what is not named back to its default', () => {
  const current = new Map([['retention.ms', '1']]);
  const outcome = alterTopic(config, current, replacing(current, [{ name: 'segment.ms', value: '3' }]));
  assert.deepEqual(overrides(outcome), { 'segment.ms': '3' });
});

test('a broker setting that only the start reads cannot be changed, an unknown one can', () => {
  const fixed = alterBroker(config, 'broker', nothing, [set('num.partitions', '4')]);
  assert.equal(refused(fixed), 'invalid-request: Cannot update these configs dynamically: [num.partitions]');
  assert.deepEqual(overrides(alterBroker(config, 'broker', nothing, [set('no.such', '4')])), { 'no.such': '4' });
});

test('a setting of one broker cannot be set for the cluster, and a bad value is an invalid request', () => {
  const listeners = alterBroker(config, 'cluster', nothing, [set('listeners', 'PLAINTEXT://:9')]);
  const why = 'Cannot update these configs at default cluster level, broker id must be specified: [listeners]';
  assert.equal(refused(listeners), `invalid-request: ${why}`);
  assert.equal(
    refused(alterBroker(config, 'cluster', nothing, [set('max.connections', '-1')])),
    'invalid-request: Invalid value -1 for configuration max.connections: Value must be at least 0',
  );
  const secret = alterBroker(config, 'broker', nothing, [set('ssl.keystore.location', 'x')]);
  assert.match(refused(secret), /can be dynamically updated only per-listener/);
});

test('threads at most double and at most halve at once', () => {
  const twice = (value: string) => refused(alterBroker(config, 'broker', nothing, [set('num.io.threads', value)]));
  assert.equal(twice('16'), 'altered');
  assert.equal(twice('4'), 'altered');
  assert.match(twice('17'), /num.io.threads=17, value should not be greater than double the current value 8/);
  assert.match(refused(alterBroker(config, 'cluster', nothing, [set('log.cleaner.threads', '0')])), /^invalid-request/);
  assert.match(twice('3'), /num.io.threads=3, value should be at least half the current value 8/);
});

test('a group chooses within the bounds of its broker', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['no.such', '1', 'Unknown group config name: no.such'],
    [
      'consumer.session.timeout.ms',
      '1',
      'consumer.session.timeout.ms must be greater than or equal to group.consumer.min.session.timeout.ms',
    ],
    [
      'consumer.heartbeat.interval.ms',
      '50000',
      'consumer.heartbeat.interval.ms must be less than or equal to group.consumer.max.heartbeat.interval.ms',
    ],
    [
      'streams.num.standby.replicas',
      '9',
      'streams.num.standby.replicas must be less than or equal to group.streams.max.standby.replicas',
    ],
  ];
  for (const [name, value, message] of cases) {
    assert.equal(refused(alterGroup(config, nothing, [set(name, value)])), `invalid-config: ${message}`);
  }
  assert.equal(refused(alterGroup(config, nothing, [set('consumer.session.timeout.ms', '50000')])), 'altered');
});

test('a session must be longer than the pause between heartbeats', () => {
  const equal = new BrokerConfig({ file: { 'group.consumer.min.session.timeout.ms': '1' } });
  const outcome = alterGroup(equal, nothing, [set('consumer.session.timeout.ms', '5000')]);
  const message = 'consumer.session.timeout.ms must be greater than consumer.heartbeat.interval.ms';
  assert.equal(refused(outcome), `invalid-config: ${message}`);
});

test('client metrics know three settings, bounds of the interval and the shape of a match', () => {
  const alter = (name: string, value: string) => refused(alterClientMetrics(nothing, [set(name, value)]));
  assert.equal(alter('interval.ms', '10000'), 'altered');
  assert.equal(
    alter('interval.ms', '5'),
    'invalid-request: Invalid value 5 for interval.ms, interval must be between 100 and 3600000 (1 hour)',
  );
  assert.equal(alter('no.such', '5'), 'invalid-request: Unknown client metrics configuration: no.such');
  const append: Alteration = { name: 'metrics', operation: 'append', value: 'x.' };
  const message = "Can't APPEND to key metrics because its type is not LIST.";
  assert.equal(refused(alterClientMetrics(nothing, [append])), `invalid-config: ${message}`);
  assert.equal(alter('match', 'client_id=abc'), 'altered');
  for (const pattern of ['what=5', 'client_id=[', 'x']) {
    assert.equal(alter('match', pattern), `invalid-config: Illegal client matching pattern: ${pattern}`);
  }
});
