/** The epoch for which a share group's target assignment was computed (KIP-932). */
import { int32, int64, string } from '../../schema.ts';
import { coordinatorRecord } from '../coordinator-record.ts';

export const ShareGroupTargetAssignmentMetadata = coordinatorRecord({
  type: 12,
  name: 'ShareGroupTargetAssignmentMetadata',
  key: { groupId: string() },
  value: {
    versions: '0',
    flexible: '0+',
    fields: { assignmentEpoch: int32(), assignmentTimestamp: int64({ tag: 0 }) },
  },
});
