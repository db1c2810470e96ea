import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../protocol/error-code.ts';
import { CreatePartitions } from '../../protocol/messages/create-partitions.ts';
import { createPartitions } from './create-partitions.ts';
import { handlerFixture } from './handler-fixture.ts';

test('a topic grows to the count that is asked for, and never shrinks', async () => {
  const { call, broker } = await handlerFixture();
  const shape = { numPartitions: 2, replicationFactor: 1, assignments: [], configs: [] };
  await broker.metadata.createTopics([{ name: 'a', ...shape }], { validateOnly: false });
  const grow = async (count: number, validateOnly = false) => {
    const topics = [{ name: 'a', count, assignments: null }];
    const { results } = await call(createPartitions, CreatePartitions, 3, { topics, timeoutMs: 1000, validateOnly });
    return [results[0]?.errorCode, broker.metadata.image.topicByName('a')?.partitions.length];
  };
  assert.deepEqual(await grow(5, true), [ErrorCode.NONE, 2]);
  assert.deepEqual(await grow(5), [ErrorCode.NONE, 5]);
  assert.deepEqual(await grow(5), [ErrorCode.INVALID_PARTITIONS, 5]);
  assert.deepEqual(await grow(1), [ErrorCode.INVALID_PARTITIONS, 5]);
});
