/**
 * Stores a group's offsets as part of a transaction (KIP-98).
 *
 * - v1: throttling happens after the answer. v2: leader epochs (KIP-320). v3: flexible; the committing member is
 *   checked (KIP-447). v4: TRANSACTION_ABORTABLE (KIP-890).
 * - v5: adds the group to the transaction by itself (KIP-890).
 */
import { api, array, int16, int32, int64, string } from '../schema.ts';

export const TxnOffsetCommit = api({
  key: 28,
  name: 'TxnOffsetCommit',
  versions: '0-5',
  flexible: '3+',
  request: {
    transactionalId: string(),
    groupId: string(),
    producerId: int64(),
    producerEpoch: int16(),
    generationId: int32({ versions: '3+', default: -1 }),
    memberId: string({ versions: '3+' }),
    groupInstanceId: string({ versions: '3+', nullable: true, default: null }),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        committedOffset: int64(),
        committedLeaderEpoch: int32({ versions: '2+', default: -1 }),
        committedMetadata: string({ nullable: true }),
      }),
    }),
  },

  response: {
    throttleTimeMs: int32(),
    topics: array({
      name: string(),
      partitions: array({ partitionIndex: int32(), errorCode: int16() }),
    }),
  },
});
