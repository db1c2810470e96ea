/** The epoch for which a consumer group's target assignment was computed (KIP-848). */
import { int32, int64, string } from '../../schema.ts';
import { coordinatorRecord } from '../coordinator-record.ts';

export const ConsumerGroupTargetAssignmentMetadata = coordinatorRecord({
  type: 6,
  name: 'ConsumerGroupTargetAssignmentMetadata',
  key: { groupId: string() },
  value: {
    versions: '0',
    flexible: '0+',
    fields: { assignmentEpoch: int32(), assignmentTimestamp: int64({ tag: 0 }) },
  },
});
