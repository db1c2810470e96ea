import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../protocol/error-code.ts';
import { CreateTopics } from '../../protocol/messages/create-topics.ts';
import { createTopics } from './create-topics.ts';
import { handlerFixture } from './handler-fixture.ts';

function topic(name: string, more: object = {}) {
  return { name, numPartitions: 1, replicationFactor: 1, ...more };
}

test('a created topic is told with its id, its partitions, its one replica and all its settings', async () => {
  const { call, broker } = await handlerFixture();
  const configs = [{ name: 'retention.ms', value: ' 5 ' }];
  const { topics } = await call(createTopics, CreateTopics, 7, {
    topics: [topic('a', { numPartitions: 3, replicationFactor: 3, configs })],
  });
  assert.equal(topics[0]?.topicId, broker.metadata.image.topicByName('a')?.id);
  assert.deepEqual([topics[0]?.numPartitions, topics[0]?.replicationFactor], [3, 1]);
  assert.equal(topics[0]?.configs?.find(({ name }) => name === 'retention.ms')?.value, ' 5 ');
  assert.equal(topics[0]?.configs?.find(({ name }) => name === 'segment.bytes')?.value, '1073741824');
});

test('-1 stands for the defaults of the broker', async () => {
  const { call } = await handlerFixture({ 'num.partitions': '4' });
  const { topics } = await call(createTopics, CreateTopics, 7, {
    topics: [topic('a', { numPartitions: -1, replicationFactor: -1 })],
  });
  assert.equal(topics[0]?.numPartitions, 4);
});

test('a name that comes twice is refused once, the others are created', async () => {
  const { call, broker } = await handlerFixture();
  const { topics } = await call(createTopics, CreateTopics, 7, { topics: [topic('a'), topic('a'), topic('b')] });
  assert.deepEqual(
    topics.map(({ name, errorCode }) => [name, errorCode]),
    [
      ['b', ErrorCode.NONE],
      ['a', ErrorCode.INVALID_REQUEST],
    ],
  );
  assert.equal(broker.metadata.image.topicByName('a'), undefined);
});

test('a timeout that has passed creates nothing', async () => {
  const { call, broker } = await handlerFixture();
  const { topics } = await call(createTopics, CreateTopics, 7, { topics: [topic('a')], timeoutMs: 0 });
  assert.equal(topics[0]?.errorCode, ErrorCode.REQUEST_TIMED_OUT);
  assert.equal(broker.metadata.image.topicCount, 0);
});
