/** The epoch for which a streams group's target assignment was computed (KIP-1071). */
import { int32, int64, string } from '../../schema.ts';
import { coordinatorRecord } from '../coordinator-record.ts';

export const StreamsGroupTargetAssignmentMetadata = coordinatorRecord({
  type: 20,
  name: 'StreamsGroupTargetAssignmentMetadata',
  key: { groupId: string() },
  value: {
    versions: '0',
    flexible: '0+',
    fields: { assignmentEpoch: int32(), assignmentTimestamp: int64({ tag: 0 }) },
  },
});
