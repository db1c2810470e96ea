/**
 * Enters a classic group and waits for the others; the leader among them gets the list of members.
 *
 * - v1: a rebalance timeout of its own (before, the session timeout serves). v2: throttle time. v3: throttling
 *   happens after the answer.
 * - v4: a new member is first given its id and joins again with it (KIP-394). v5: static members (KIP-345). v6:
 *   flexible. v7: protocol type in the answer (KIP-559).
 * - v8: the reason for joining (KIP-800). v9: a leader that need not assign is told so (KIP-814).
 */
import { api, array, bool, bytes, int16, int32, string } from '../schema.ts';

export const JoinGroup = api({
  key: 11,
  name: 'JoinGroup',
  versions: '0-9',
  flexible: '6+',
  request: {
    groupId: string(),
    sessionTimeoutMs: int32(),
    rebalanceTimeoutMs: int32({ versions: '1+', default: -1 }),
    memberId: string(),
    groupInstanceId: string({ versions: '5+', nullable: true, default: null }),
    protocolType: string(),
    protocols: array({ name: string(), metadata: bytes() }),
    reason: string({ versions: '8+', nullable: true, default: null }),
  },

  response: {
    throttleTimeMs: int32({ versions: '2+' }),
    errorCode: int16(),
    generationId: int32({ default: -1 }),
    protocolType: string({ versions: '7+', nullable: true, default: null }),
    protocolName: string({ nullable: '7+' }),
    leader: string(),
    skipAssignment: bool({ versions: '9+' }),
    memberId: string(),
    members: array({
      memberId: string(),
      groupInstanceId: string({ versions: '5+', nullable: true, default: null }),
      metadata: bytes(),
    }),
  },
});
