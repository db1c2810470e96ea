/**
 * The leader of a classic group hands in everyone's assignment, and everyone fetches their own.
 *
 * - v1: throttle time. v2: throttling happens after the answer. v3: static members (KIP-345). v4: flexible. v5:
 *   protocol type and name, which must fit the group's (KIP-559).
 */
import { api, array, bytes, int16, int32, string } from '../schema.ts';

export const SyncGroup = api({
  key: 14,
  name: 'SyncGroup',
  versions: '0-5',
  flexible: '4+',
  request: {
    groupId: string(),
    generationId: int32(),
    memberId: string(),
    groupInstanceId: string({ versions: '3+', nullable: true, default: null }),
    protocolType: string({ versions: '5+', nullable: true, default: null }),
    protocolName: string({ versions: '5+', nullable: true, default: null }),
    assignments: array({ memberId: string(), assignment: bytes() }),
  },

  response: {
    throttleTimeMs: int32({ versions: '1+' }),
    errorCode: int16(),
    protocolType: string({ versions: '5+', nullable: true, default: null }),
    protocolName: string({ versions: '5+', nullable: true, default: null }),
    assignment: bytes(),
  },
});
