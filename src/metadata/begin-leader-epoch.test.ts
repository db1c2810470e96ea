import assert from 'node:assert/strict';
import { test } from 'node:test';
import { beginLeaderEpoch } from './begin-leader-epoch.ts';
import { LiveImage } from './live-image.ts';

const TOPIC = { name: 'orders', topicId: 'AAAAAAAAAAAAAAAAAAAAZg' };
const LED = { topicId: TOPIC.topicId, partition: 0, nodeId: 1, above: -1 };

function imageWithTopic(): LiveImage {
  const image = new LiveImage();
  image.apply({ kind: 'topic', ...TOPIC });
  const partition = { partitionId: 0, replicas: [1], isr: [1], leader: 1, leaderEpoch: 0, partitionEpoch: 0 };
  image.apply({ kind: 'partition', topicId: TOPIC.topicId, ...partition });
  return image;
}

test('the leader stays and its epoch rises', () => {
  const image = imageWithTopic();
  for (const record of beginLeaderEpoch(image, LED).records) image.apply(record);
  const [partition] = image.topicByName('orders')?.partitions ?? [];
  assert.deepEqual([partition?.leader, partition?.leaderEpoch, partition?.partitionEpoch], [1, 1, 1]);
});

test('the epoch rises above the one that it is to be later than, however far', () => {
  const image = imageWithTopic();
  for (const record of beginLeaderEpoch(image, { ...LED, above: 1_000 }).records) image.apply(record);
  const partitions = image.topicByName('orders')?.partitions ?? [];
  assert.deepEqual(
    partitions.map(({ leader, leaderEpoch, partitionEpoch }) => [leader, leaderEpoch, partitionEpoch]),
    [[1, 1_001, 1]],
  );
  assert.equal(image.partitionCount, 1);
});

test('nothing changes for a partition that is gone, or led elsewhere', () => {
  const image = imageWithTopic();
  assert.deepEqual(beginLeaderEpoch(image, { ...LED, nodeId: 2 }).records, []);
  assert.deepEqual(beginLeaderEpoch(image, { ...LED, partition: 1 }).records, []);
  image.apply({ kind: 'removeTopic', topicId: TOPIC.topicId });
  assert.deepEqual(beginLeaderEpoch(image, LED).records, []);
});
