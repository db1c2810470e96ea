import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DescribeTopicPartitions } from '../../protocol/messages/describe-topic-partitions.ts';
import { describeTopicPartitions } from './describe-topic-partitions.ts';
import { handlerFixture } from './handler-fixture.ts';

test('pages of any size together are the whole, each topic’s partitions once and in order', async () => {
  const { call, broker } = await handlerFixture();
  const counts = { a: 3, b: 1, c: 4, d: 2 };
  await broker.metadata.createTopics(
    Object.entries(counts).map(([name, numPartitions]) => {
      return { name, numPartitions, replicationFactor: 1, assignments: [], configs: [] };
    }),
    { validateOnly: false },
  );
  const whole = Object.entries(counts).flatMap(([name, count]) =>
    Array.from({ length: count }, (_, index) => `${name}-${index}`),
  );
  for (let limit = 1; limit <= whole.length + 1; limit += 1) {
    const seen: string[] = [];
    let cursor: { topicName: string; partitionIndex: number } | null = null;
    do {
      const page: Awaited<ReturnType<typeof ask>> = await ask(limit, cursor);
      const entries = page.topics.flatMap(({ name, partitions }) =>
        partitions.map((one) => `${name}-${one.partitionIndex}`),
      );
      assert.ok(entries.length <= limit);
      seen.push(...entries);
      cursor = page.nextCursor;
    } while (cursor !== null);
    assert.deepEqual(seen, whole, `pages of ${limit}`);
  }

  function ask(responsePartitionLimit: number, cursor: { topicName: string; partitionIndex: number } | null) {
    return call(describeTopicPartitions, DescribeTopicPartitions, 0, { topics: [], responsePartitionLimit, cursor });
  }
});

test('no page is larger than the broker allows', async () => {
  const { call, broker } = await handlerFixture({ 'max.request.partition.size.limit': '2' });
  const topics = [{ name: 'a', numPartitions: 3, replicationFactor: 1, assignments: [], configs: [] }];
  await broker.metadata.createTopics(topics, { validateOnly: false });
  const answer = await call(describeTopicPartitions, DescribeTopicPartitions, 0, { responsePartitionLimit: 2000 });
  assert.equal(answer.topics[0]?.partitions.length, 2);
  assert.deepEqual(answer.nextCursor, { topicName: 'a', partitionIndex: 2 });
});
