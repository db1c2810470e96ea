/**
 * State and members of classic groups.
 *
 * - v1: throttle time. v2: throttling happens after the answer. v3: authorized operations (KIP-430). v4: static
 *   members (KIP-345). v5: flexible.
 * - v6: a missing group is GROUP_ID_NOT_FOUND, with a message, and no longer a dead group (KIP-1043).
 */
import { api, array, bool, bytes, int16, int32, string } from '../schema.ts';

export const DescribeGroups = api({
  key: 15,
  name: 'DescribeGroups',
  versions: '0-6',
  flexible: '5+',
  request: {
    groups: array(string()),
    includeAuthorizedOperations: bool({ versions: '3+' }),
  },

  response: {
    throttleTimeMs: int32({ versions: '1+' }),
    groups: array({
      errorCode: int16(),
      errorMessage: string({ versions: '6+', nullable: true, default: null }),
      groupId: string(),
      groupState: string(),
      protocolType: string(),
      protocolData: string(),
      members: array({
        memberId: string(),
        groupInstanceId: string({ versions: '4+', nullable: true, default: null }),
        clientId: string(),
        clientHost: string(),
        memberMetadata: bytes(),
        memberAssignment: bytes(),
      }),
      authorizedOperations: int32({ versions: '3+', default: -0x80000000 }),
    }),
  },
});
