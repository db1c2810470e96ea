/** The partitions that a member of a share group has (KIP-932). */
import { array, int8, int32, string, uuid } from '../../schema.ts';
import { coordinatorRecord } from '../coordinator-record.ts';

const topicPartitions = {
  topicId: uuid(),
  partitions: array(int32()),
};

export const ShareGroupCurrentMemberAssignment = coordinatorRecord({
  type: 14,
  name: 'ShareGroupCurrentMemberAssignment',
  key: { groupId: string(), memberId: string() },
  value: {
    versions: '0',
    flexible: '0+',
    fields: {
      memberEpoch: int32(),
      previousMemberEpoch: int32(),
      state: int8(),
      assignedPartitions: array(topicPartitions),
    },
  },
});
