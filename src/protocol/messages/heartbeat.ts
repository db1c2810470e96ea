/**
 * Keeps a member's session in a classic group alive and learns of rebalances.
 *
 * - v1: throttle time. v2: throttling happens after the answer. v3: static members (KIP-345). v4: flexible.
 */
import { api, int16, int32, string } from '../schema.ts';

export const Heartbeat = api({
  key: 12,
  name: 'Heartbeat',
  versions: '0-4',
  flexible: '4+',
  request: {
    groupId: string(),
    generationId: int32(),
    memberId: string(),
    groupInstanceId: string({ versions: '3+', nullable: true, default: null }),
  },

  response: { throttleTimeMs: int32({ versions: '1+' }), errorCode: int16() },
});
