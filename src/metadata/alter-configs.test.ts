import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BrokerConfig } from '../config/broker-config.ts';
import { ErrorCode } from '../protocol/error-code.ts';
import { alterConfigs, type ConfigAlteration } from './alter-configs.ts';
import { LiveImage } from './live-image.ts';

const options = { config: new BrokerConfig(), nodeId: 1 };

function imageWithTopic(configs: Readonly<Record<string, string>> = {}): LiveImage {
  const image = new LiveImage();
  image.apply({ kind: 'topic', name: 'a', topicId: 'id' });
  for (const [name, value] of Object.entries(configs)) {
    image.apply({ kind: 'config', resourceType: 2, resourceName: 'a', name, value });
  }
  return image;
}

function onTopic(
  ...alterations: readonly [string, 'set' | 'delete' | 'append' | 'subtract', string | null][]
): ConfigAlteration {
  return {
    kind: 'alter',
    resourceType: 2,
    resourceName: 'a',
    alterations: alterations.map(([name, operation, value]) => ({ name, operation, value })),
  };
}

function written(image: LiveImage, change: ConfigAlteration): object {
  return alterConfigs(image, [change], options).records.map((record) =>
    record.kind === 'config' ? [record.name, record.value] : record,
  );
}

test('only what becomes different is written', () => {
  const image = imageWithTopic({ 'retention.ms': '5', 'segment.ms': '7' });
  assert.deepEqual(written(image, onTopic(['retention.ms', 'set', '5'])), []);
  assert.deepEqual(written(image, onTopic(['retention.ms', 'set', '6'])), [['retention.ms', '6']]);
  assert.deepEqual(written(image, onTopic(['retention.ms', 'delete', null])), [['retention.ms', null]]);
  assert.deepEqual(written(image, onTopic(['retention.bytes', 'delete', null])), []);
  assert.deepEqual(written(image, onTopic(['cleanup.policy', 'append', 'compact'])), [
    ['cleanup.policy', 'delete,compact'],
  ]);
});

test('replacing takes away what is not named', () => {
  const image = imageWithTopic({ 'retention.ms': '5', 'segment.ms': '7' });
  const replacement: ConfigAlteration = {
    kind: 'replace',
    resourceType: 2,
    resourceName: 'a',
    settings: [{ name: 'segment.ms', value: '8' }],
  };
  assert.deepEqual(written(image, replacement), [
    ['retention.ms', null],
    ['segment.ms', '8'],
  ]);
});

test('one bad value refuses all that is asked of its resource, and nothing of another', () => {
  const bad = onTopic(['retention.ms', 'set', '5'], ['segment.bytes', 'set', 'x']);
  const group: ConfigAlteration = {
    kind: 'alter',
    resourceType: 32,
    resourceName: 'g',
    alterations: [{ name: 'consumer.session.timeout.ms', operation: 'set', value: '50000' }],
  };
  const { records, reply } = alterConfigs(imageWithTopic(), [bad, group], options);
  assert.deepEqual(
    reply.map((result) => (result.kind === 'refused' ? result.error : 0)),
    [ErrorCode.INVALID_CONFIG, 0],
  );
  assert.deepEqual(
    records.map((record) => record.kind === 'config' && record.resourceName),
    ['g'],
  );
});

test('a list cannot be grown beyond what a string can hold', () => {
  const long = `0:1,${Array.from({ length: 6000 }, (_, index) => `${index}:1`).join(',')}`;
  const image = imageWithTopic({
    'leader.replication.throttled.replicas': long.slice(0, 32_000).replace(/,[^,]*$/, ''),
  });
  const more = Array.from({ length: 500 }, (_, index) => `${index + 10_000}:2`).join(',');
  const { reply } = alterConfigs(image, [onTopic(['leader.replication.throttled.replicas', 'append', more])], options);
  assert.equal(reply[0]?.kind === 'refused' && reply[0].error, ErrorCode.INVALID_REQUEST);
});
