/** The partitions whose share state is being begun, has begun, or is being deleted (KIP-932). */
import { array, int32, string, uuid } from '../../schema.ts';
import { coordinatorRecord } from '../coordinator-record.ts';

const topicPartitionsInfo = {
  topicId: uuid(),
  topicName: string(),
  partitions: array(int32()),
};

const topicInfo = { topicId: uuid(), topicName: string() };

export const ShareGroupStatePartitionMetadata = coordinatorRecord({
  type: 15,
  name: 'ShareGroupStatePartitionMetadata',
  key: { groupId: string() },
  value: {
    versions: '0',
    flexible: '0+',
    fields: {
      initializingTopics: array(topicPartitionsInfo),
      initializedTopics: array(topicPartitionsInfo),
      deletingTopics: array(topicInfo),
    },
  },
});
