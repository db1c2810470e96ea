import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../protocol/error-code.ts';
import { DeleteTopics } from '../../protocol/messages/delete-topics.ts';
import { ZERO_UUID } from '../../protocol/uuid.ts';
import { deleteTopics } from './delete-topics.ts';
import { type HandlerFixture, handlerFixture } from './handler-fixture.ts';

async function withTopics(settings: Record<string, string>, ...names: readonly string[]): Promise<HandlerFixture> {
  const fixture = await handlerFixture(settings);
  const shape = { numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] };
  await fixture.broker.metadata.createTopics(
    names.map((name) => ({ name, ...shape })),
    { validateOnly: false },
  );
  return fixture;
}

test('topics are deleted by name and by id, and told with both', async () => {
  const { call, broker } = await withTopics({}, 'a', 'b');
  const [a, b] = ['a', 'b'].map((name) => broker.metadata.image.topicByName(name)?.id ?? '');
  const { responses } = await call(deleteTopics, DeleteTopics, 6, {
    topics: [
      { name: 'a', topicId: ZERO_UUID },
      { name: null, topicId: b },
    ],
    timeoutMs: 1000,
  });
  assert.deepEqual(
    responses.map(({ name, topicId, errorCode }) => [name, topicId, errorCode]),
    [
      ['a', a, ErrorCode.NONE],
      ['b', b, ErrorCode.NONE],
    ],
  );
  assert.equal(broker.metadata.image.topicCount, 0);
});

test('a topic that is meant twice, by name and by id, stays', async () => {
  const { call, broker } = await withTopics({}, 'a');
  const topicId = broker.metadata.image.topicByName('a')?.id ?? '';
  const { responses } = await call(deleteTopics, DeleteTopics, 6, {
    topics: [
      { name: 'a', topicId: ZERO_UUID },
      { name: null, topicId },
    ],
    timeoutMs: 1000,
  });
  assert.deepEqual(
    responses.map(({ name, errorCode }) => [name, errorCode]),
    [['a', ErrorCode.INVALID_REQUEST]],
  );
  assert.equal(broker.metadata.image.topicCount, 1);
});

test('deletion can be switched off; old versions have no error code of their own for that', async () => {
  const { call } = await withTopics({ 'delete.topic.enable': 'false' }, 'a');
  const errorOf = async (version: number) =>
    (await call(deleteTopics, DeleteTopics, version, { topicNames: ['a'], timeoutMs: 1000 })).responses[0]?.errorCode;
  assert.equal(await errorOf(2), ErrorCode.INVALID_REQUEST);
  assert.equal(await errorOf(3), ErrorCode.TOPIC_DELETION_DISABLED);
});
