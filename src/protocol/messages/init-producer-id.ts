/**
 * Gives a producer its id and epoch; with a transactional id it also fences whoever used that before (KIP-98).
 *
 * - v1: throttling happens after the answer. v2: flexible. v3: a producer may ask for the next epoch of the id it
 *   has (KIP-360). v4: PRODUCER_FENCED (KIP-588).
 * - v5: TRANSACTION_ABORTABLE (KIP-890). v6, not stable: two-phase commit (KIP-939).
 */
import { api, bool, int16, int32, int64, string } from '../schema.ts';

export const InitProducerId = api({
  key: 22,
  name: 'InitProducerId',
  versions: '0-5',
  unstableVersion: 6,
  flexible: '2+',
  request: {
    transactionalId: string({ nullable: true }),
    transactionTimeoutMs: int32(),
    producerId: int64({ versions: '3+', default: -1 }),
    producerEpoch: int16({ versions: '3+', default: -1 }),
    enable2Pc: bool({ versions: '6+' }),
    keepPreparedTxn: bool({ versions: '6+' }),
  },

  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    producerId: int64({ default: -1 }),
    producerEpoch: int16(),
    ongoingTxnProducerId: int64({ versions: '6+', default: -1 }),
    ongoingTxnProducerEpoch: int16({ versions: '6+', default: -1 }),
  },
});
