/**
 * Finds the offset of a time, or of a special place such as the log's start (−2) and end (−1).
 *
 * - v1: one offset and its timestamp instead of a list. v2: isolation level. v3: throttling happens after the
 *   answer. v4: leader epochs (KIP-320).
 * - v5: OFFSET_NOT_AVAILABLE. v6: flexible. v7: −3, the greatest timestamp (KIP-734). v8: −4, the local log's
 *   start (KIP-405).
 * - v9: −5, the last tiered offset (KIP-1005). v10: a timeout for remote lookups (KIP-1075). v11: −6, the first
 *   offset not yet uploaded (KIP-1023).
 */
import { api, array, int8, int16, int32, int64, string } from '../schema.ts';

export const ListOffsets = api({
  key: 2,
  name: 'ListOffsets',
  versions: '1-11',
  flexible: '6+',
  request: {
    replicaId: int32(),
    isolationLevel: int8({ versions: '2+' }),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        currentLeaderEpoch: int32({ versions: '4+', default: -1 }),
        timestamp: int64(),
      }),
    }),
    timeoutMs: int32({ versions: '10+' }),
  },

  response: {
    throttleTimeMs: int32({ versions: '2+' }),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
        timestamp: int64({ default: -1 }),
        offset: int64({ default: -1 }),
        leaderEpoch: int32({ versions: '4+', default: -1 }),
      }),
    }),
  },
});
