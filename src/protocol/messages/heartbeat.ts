/**
 * Heartbeat (key 12).
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
