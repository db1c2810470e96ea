/** What a member of a share group has said about itself, its subscription above all (KIP-932). */
import { array, string } from '../../schema.ts';
import { coordinatorRecord } from '../coordinator-record.ts';

export const ShareGroupMemberMetadata = coordinatorRecord({
  type: 10,
  name: 'ShareGroupMemberMetadata',
  key: { groupId: string(), memberId: string() },
  value: {
    versions: '0',
    flexible: '0+',
    fields: {
      rackId: string({ nullable: true }),
      clientId: string(),
      clientHost: string(),
      subscribedTopicNames: array(string()),
    },
  },
});
