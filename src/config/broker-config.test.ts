import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BrokerConfig, ConfigError } from './broker-config.ts';

test('without anything given, the defaults count', () => {
  const config = new BrokerConfig();
  assert.equal(config.get('node.id'), 1);
  assert.equal(config.get('num.partitions'), 1);
  assert.equal(config.get('group.initial.rebalance.delay.ms'), 0);
  assert.equal(config.get('durability'), 'sync');
  assert.deepEqual(config.get('listeners'), ['PLAINTEXT://127.0.0.1:9092']);
  assert.equal(config.get('log.retention.ms'), undefined);
});

test('a flag wins over the environment, the environment over the file', () => {
  const config = new BrokerConfig({
    flag: { 'num.partitions': '3' },
    environment: { 'num.partitions': '2', 'message.max.bytes': '20' },
    file: { 'num.partitions': '1', 'message.max.bytes': '10', 'log.segment.bytes': '1048576' },
  });
  assert.equal(config.get('num.partitions'), 3);
  assert.equal(config.get('message.max.bytes'), 20);
  assert.equal(config.get('log.segment.bytes'), 1_048_576);
  assert.deepEqual(config.staticEntries.get('message.max.bytes'), { text: '20', layer: 'environment' });
});

test('all values that cannot be used are named at once, with their layer', () => {
  const given = { flag: { 'num.partitions': '0' }, file: { 'log.segment.bytes': 'big' } };
  assert.throws(
    () => new BrokerConfig(given),
    (error: unknown) => {
      assert.ok(error instanceof ConfigError);
      assert.deepEqual(error.problems.map(({ name, layer }) => [name, layer]).toSorted(), [
        ['log.segment.bytes', 'file'],
        ['num.partitions', 'flag'],
      ]);
      assert.match(error.message, /Value must be at least 1/);
      return true;
    },
  );
});

test('names that mean nothing are told apart from those of listeners and plug-ins', () => {
  const file = { 'num.partitons': '1', 'listener.name.sasl.ssl.key.password': 'x', 'rsm.config.a': 'b' };
  assert.deepEqual(new BrokerConfig({ file }).unknown, [{ name: 'num.partitons', layer: 'file' }]);
});

test('broker.id stands for node.id', () => {
  assert.equal(new BrokerConfig({ file: { 'broker.id': '7' } }).get('node.id'), 7);
  assert.equal(new BrokerConfig({ file: { 'node.id': '0' } }).get('broker.id'), 0);
});

test("a broker's own dynamic value wins over the cluster default, which wins over what was given", () => {
  const config = new BrokerConfig({ flag: { 'message.max.bytes': '1' } });
  config.setDynamic('cluster', new Map([['message.max.bytes', '2']]));
  assert.equal(config.get('message.max.bytes'), 2);
  config.setDynamic('broker', new Map([['message.max.bytes', '3']]));
  assert.equal(config.get('message.max.bytes'), 3);
  config.setDynamic('broker', new Map());
  config.setDynamic('cluster', new Map());
  assert.equal(config.get('message.max.bytes'), 1);
});

test('listeners hear which values moved, and nothing when none did', () => {
  const config = new BrokerConfig();
  const heard: string[][] = [];
  const stop = config.onChange((changed) => heard.push([...changed]));
  config.setDynamic('cluster', new Map([['log.cleanup.policy', 'compact']]));
  config.setDynamic('cluster', new Map([['log.cleanup.policy', ' compact']]));
  stop();
  config.setDynamic('cluster', new Map());
  assert.deepEqual(heard, [['log.cleanup.policy']]);
});

test('a dynamic text that is not legal is passed over and named', () => {
  const config = new BrokerConfig({ file: { 'message.max.bytes': '5' } });
  const entries = new Map([
    ['message.max.bytes', 'x'],
    ['no.such', '1'],
  ]);
  assert.deepEqual(config.setDynamic('broker', entries), ['message.max.bytes']);
  assert.equal(config.get('message.max.bytes'), 5);
});

test('settings that do not go together are refused', () => {
  const messages = (file: Record<string, string>) => {
    try {
      return String(new BrokerConfig({ file }).get('node.id'));
    } catch (error) {
      return error instanceof ConfigError ? error.message : String(error);
    }
  };
  assert.equal(
    messages({ 'group.consumer.session.timeout.ms': '1500' }),
    [
      'group.consumer.session.timeout.ms must be greater than or equal to group.consumer.min.session.timeout.ms',
      'group.consumer.heartbeat.interval.ms must be less than group.consumer.session.timeout.ms',
    ].join('\n'),
  );
  assert.match(messages({ 'log.roll.ms': '0' }), /log.roll.ms must be greater than or equal to 1/);
  assert.match(messages({ 'max.connections.per.ip': '0' }), /can be set to zero only if/);
  assert.match(messages({ 'log.retention.ms': '0' }), /log.retention.ms must be unlimited/);
  const together = { 'group.consumer.min.session.timeout.ms': '1000', 'group.consumer.session.timeout.ms': '6000' };
  assert.equal(messages(together), '1');
});
