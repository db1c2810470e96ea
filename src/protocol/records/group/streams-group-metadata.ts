/** The epoch of a streams group, a hash of its topics, and the topology epoch that was last found valid (KIP-1071). */
import { array, bits64, int32, string } from '../../schema.ts';
import { coordinatorRecord } from '../coordinator-record.ts';

const lastAssignmentConfig = { key: string(), value: string() };

export const StreamsGroupMetadata = coordinatorRecord({
  type: 17,
  name: 'StreamsGroupMetadata',
  key: { groupId: string() },
  value: {
    versions: '0',
    flexible: '0+',
    fields: {
      epoch: int32(),
      metadataHash: bits64(),
      validatedTopologyEpoch: int32({ tag: 0, default: -1 }),
      lastAssignmentConfigs: array(lastAssignmentConfig, { nullable: true, tag: 1 }),
    },
  },
});
