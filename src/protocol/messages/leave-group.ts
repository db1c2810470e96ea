/**
 * Takes members out of a group.
 *
 * - v1: throttle time. v2: throttling happens after the answer. v3: several members at once, also by their static
 *   name (KIP-345). v4: flexible. v5: the reason (KIP-800).
 */
import { api, array, int16, int32, string } from '../schema.ts';

export const LeaveGroup = api({
  key: 13,
  name: 'LeaveGroup',
  versions: '0-5',
  flexible: '4+',
  request: {
    groupId: string(),
    memberId: string({ versions: '0-2' }),
    members: array(
      {
        memberId: string(),
        groupInstanceId: string({ nullable: true, default: null }),
        reason: string({ versions: '5+', nullable: true, default: null }),
      },
      { versions: '3+' },
    ),
  },

  response: {
    throttleTimeMs: int32({ versions: '1+' }),
    errorCode: int16(),
    members: array(
      { memberId: string(), groupInstanceId: string({ nullable: true }), errorCode: int16() },
      { versions: '3+' },
    ),
  },
});
