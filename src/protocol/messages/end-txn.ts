/**
 * Commits or aborts a transaction (KIP-98).
 *
 * - v1: throttling happens after the answer. v2: PRODUCER_FENCED (KIP-588). v3: flexible. v4:
 *   TRANSACTION_ABORTABLE (KIP-890).
 * - v5: every end raises the producer's epoch, so id and epoch come back (KIP-890).
 */
import { api, bool, int16, int32, int64, string } from '../schema.ts';

export const EndTxn = api({
  key: 26,
  name: 'EndTxn',
  versions: '0-5',
  flexible: '3+',
  request: {
    transactionalId: string(),
    producerId: int64(),
    producerEpoch: int16(),
    committed: bool(),
  },

  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    producerId: int64({ versions: '5+', default: -1 }),
    producerEpoch: int16({ versions: '5+', default: -1 }),
  },
});
