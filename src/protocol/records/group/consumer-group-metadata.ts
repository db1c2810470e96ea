/** The epoch of a consumer group, and a hash of the topics it subscribes to (KIP-848). */
import { bits64, int32, string } from '../../schema.ts';
import { coordinatorRecord } from '../coordinator-record.ts';

export const ConsumerGroupMetadata = coordinatorRecord({
  type: 3,
  name: 'ConsumerGroupMetadata',
  key: { groupId: string() },
  value: { versions: '0', flexible: '0+', fields: { epoch: int32(), metadataHash: bits64({ tag: 0 }) } },
});
