/** What a member of a consumer group has said about itself, its subscription above all (KIP-848). */
import { array, bytes, int32, string, struct } from '../../schema.ts';
import { coordinatorRecord } from '../coordinator-record.ts';

export const ConsumerGroupMemberMetadata = coordinatorRecord({
  type: 5,
  name: 'ConsumerGroupMemberMetadata',
  key: { groupId: string(), memberId: string() },
  value: {
    versions: '0',
    flexible: '0+',
    fields: {
      instanceId: string({ nullable: true }),
      rackId: string({ nullable: true }),
      clientId: string(),
      clientHost: string(),
      subscribedTopicNames: array(string()),
      subscribedTopicRegex: string({ nullable: true }),
      rebalanceTimeoutMs: int32({ default: -1 }),
      serverAssignor: string({ nullable: true }),
      classicMemberMetadata: struct(
        {
          sessionTimeoutMs: int32(),
          supportedProtocols: array({ name: string(), metadata: bytes() }),
        },
        { nullable: true, tag: 0 },
      ),
    },
  },
});
