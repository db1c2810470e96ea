/**
 * The transactions that this broker coordinates (KIP-664).
 *
 * - v1: only those that have been running for a while (KIP-994). v2: only those whose id matches a pattern
 *   (KIP-1152).
 */
import { api, array, int16, int32, int64, string } from '../schema.ts';

export const ListTransactions = api({
  key: 66,
  name: 'ListTransactions',
  versions: '0-2',
  flexible: '0+',
  request: {
    stateFilters: array(string()),
    producerIdFilters: array(int64()),
    durationFilter: int64({ versions: '1+', default: -1 }),
    transactionalIdPattern: string({ versions: '2+', nullable: true, default: null }),
  },

  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    unknownStateFilters: array(string()),
    transactionStates: array({ transactionalId: string(), producerId: int64(), transactionState: string() }),
  },
});
