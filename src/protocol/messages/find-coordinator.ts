/**
 * Which broker looks after a group (key type 0), a transactional id (1) or a partition's share state (2).
 *
 * - v1: key type, error message, throttle time. v2: throttling happens after the answer. v3: flexible. v4: several
 *   keys at once (KIP-699).
 * - v5: TRANSACTION_ABORTABLE (KIP-890). v6: share state, keyed `groupId:topicId:partition` (KIP-932).
 */
import { api, array, int8, int16, int32, string } from '../schema.ts';

export const FindCoordinator = api({
  key: 10,
  name: 'FindCoordinator',
  versions: '0-6',
  flexible: '3+',
  request: {
    key: string({ versions: '0-3' }),
    keyType: int8({ versions: '1+' }),
    coordinatorKeys: array(string(), { versions: '4+' }),
  },

  response: {
    throttleTimeMs: int32({ versions: '1+' }),
    errorCode: int16({ versions: '0-3' }),
    errorMessage: string({ versions: '1-3', nullable: true }),
    nodeId: int32({ versions: '0-3' }),
    host: string({ versions: '0-3' }),
    port: int32({ versions: '0-3' }),
    coordinators: array(
      {
        key: string(),
        nodeId: int32(),
        host: string(),
        port: int32(),
        errorCode: int16(),
        errorMessage: string({ nullable: true }),
      },
      { versions: '4+' },
    ),
  },
});
