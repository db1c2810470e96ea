/** Aborts an open transaction against its producer's will: its epoch is used up, so that it is refused from now on (KIP-588, KIP-890). */
import { assert } from '../../base/assert.ts';
import { isForClients } from './producer-epoch.ts';
import { EPOCH_BUMP_VERSION, type Transaction } from './transaction.ts';
import type { TransactionState, TransactionTurn } from './transaction-state.ts';
import { assertTransition } from './transaction-status.ts';

/** Whoever has the old epoch, and was it all along, may still ask for the next one (KIP-360): nobody else has got it meanwhile. */
export function abortAndFence(state: TransactionState, turn: TransactionTurn, open: Transaction): void {
  assert(isForClients(open.producerEpoch), 'a client writes in the epoch that is kept for the coordinator');
  assertTransition(open.status, 'PrepareEpochFence');
  const fencing: Transaction = { ...open, status: 'PrepareEpochFence' };
  state.advance(turn, fencing, {
    ...fencing,
    status: 'PrepareAbort',
    producerEpoch: open.producerEpoch + 1,
    lastProducerEpoch: open.producerEpoch,
    updateMs: turn.nowMs,
    clientVersion: EPOCH_BUMP_VERSION,
  });
}
