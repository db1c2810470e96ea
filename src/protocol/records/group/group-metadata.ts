/**
 * A classic group: its generation, protocol, leader and members with subscriptions and assignments. v1 added
 * rebalance timeouts, v2 the time of the last change, v3 static members (KIP-345), v4 is flexible.
 */
import { array, bytes, int32, int64, string } from '../../schema.ts';
import { coordinatorRecord } from '../coordinator-record.ts';

const memberMetadata = {
  memberId: string(),
  groupInstanceId: string({ versions: '3+', nullable: true, default: null }),
  clientId: string(),
  clientHost: string(),
  rebalanceTimeout: int32({ versions: '1+', default: -1 }),
  sessionTimeout: int32(),
  subscription: bytes(),
  assignment: bytes(),
};

export const GroupMetadata = coordinatorRecord({
  type: 2,
  name: 'GroupMetadata',
  key: { group: string() },
  value: {
    versions: '0-4',
    flexible: '4+',
    fields: {
      protocolType: string(),
      generation: int32(),
      protocol: string({ nullable: true }),
      leader: string({ nullable: true }),
      currentStateTimestamp: int64({ versions: '2+', default: -1 }),
      members: array(memberMetadata),
    },
  },
});
