/** What a member of a streams group has said about itself: process, endpoint, tags (KIP-1071). */
import { array, int32, string, struct, uint16 } from '../../schema.ts';
import { coordinatorRecord } from '../coordinator-record.ts';

const endpoint = { host: string(), port: uint16() };

const keyValue = { key: string(), value: string() };

export const StreamsGroupMemberMetadata = coordinatorRecord({
  type: 19,
  name: 'StreamsGroupMemberMetadata',
  key: { groupId: string(), memberId: string() },
  value: {
    versions: '0',
    flexible: '0+',
    fields: {
      instanceId: string({ nullable: true }),
      rackId: string({ nullable: true }),
      clientId: string(),
      clientHost: string(),
      rebalanceTimeoutMs: int32({ default: -1 }),
      topologyEpoch: int32(),
      processId: string(),
      userEndpoint: struct(endpoint, { nullable: true, default: null }),
      clientTags: array(keyValue),
    },
  },
});
