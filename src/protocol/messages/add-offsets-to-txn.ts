/**
 * Adds a group's offsets to a transaction before TxnOffsetCommit (KIP-98).
 *
 * - v1: throttling happens after the answer. v2: PRODUCER_FENCED (KIP-588). v3: flexible. v4:
 *   TRANSACTION_ABORTABLE (KIP-890).
 */
import { api, int16, int32, int64, string } from '../schema.ts';

export const AddOffsetsToTxn = api({
  key: 25,
  name: 'AddOffsetsToTxn',
  versions: '0-4',
  flexible: '3+',
  request: {
    transactionalId: string(),
    producerId: int64(),
    producerEpoch: int16(),
    groupId: string(),
  },

  response: { throttleTimeMs: int32(), errorCode: int16() },
});
