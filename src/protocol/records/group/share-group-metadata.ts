/** The epoch of a share group, and a hash of the topics it subscribes to (KIP-932). */
import { bits64, int32, string } from '../../schema.ts';
import { coordinatorRecord } from '../coordinator-record.ts';

export const ShareGroupMetadata = coordinatorRecord({
  type: 11,
  name: 'ShareGroupMetadata',
  key: { groupId: string() },
  value: { versions: '0', flexible: '0+', fields: { epoch: int32(), metadataHash: bits64() } },
});
