/** The partitions that a member of a consumer group has, and those it has yet to give up (KIP-848). */
import { array, int8, int32, string, uuid } from '../../schema.ts';
import { coordinatorRecord } from '../coordinator-record.ts';

const topicPartitions = {
  topicId: uuid(),
  partitions: array(int32()),
  assignmentEpochs: array(int32(), { nullable: true, tag: 0 }),
};

export const ConsumerGroupCurrentMemberAssignment = coordinatorRecord({
  type: 8,
  name: 'ConsumerGroupCurrentMemberAssignment',
  key: { groupId: string(), memberId: string() },
  value: {
    versions: '0',
    flexible: '0+',
    fields: {
      memberEpoch: int32(),
      previousMemberEpoch: int32(),
      state: int8(),
      assignedPartitions: array(topicPartitions),
      partitionsPendingRevocation: array(topicPartitions),
    },
  },
});
