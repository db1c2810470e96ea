/**
 * The partitions of a consumer group's topics. Replaced by the hash in ConsumerGroupMetadata: still read, written
 * only as a tombstone (KIP-848).
 */
import { array, int32, string, uuid } from '../../schema.ts';
import { coordinatorRecord } from '../coordinator-record.ts';

export const ConsumerGroupPartitionMetadata = coordinatorRecord({
  type: 4,
  name: 'ConsumerGroupPartitionMetadata',
  key: { groupId: string() },
  value: {
    versions: '0',
    flexible: '0+',
    fields: {
      topics: array({
        topicId: uuid(),
        topicName: string(),
        numPartitions: int32(),
        partitionMetadata: array({
          partition: int32(),
          racks: array(string()),
        }),
      }),
    },
  },
});
