/** The partitions that a member of a consumer group shall have (KIP-848). */
import { array, int32, string, uuid } from '../../schema.ts';
import { coordinatorRecord } from '../coordinator-record.ts';

export const ConsumerGroupTargetAssignmentMember = coordinatorRecord({
  type: 7,
  name: 'ConsumerGroupTargetAssignmentMember',
  key: { groupId: string(), memberId: string() },
  value: {
    versions: '0',
    flexible: '0+',
    fields: {
      topicPartitions: array({
        topicId: uuid(),
        partitions: array(int32()),
      }),
    },
  },
});
