/** All markers are durable: the transaction is over, and its producer may begin the next. */
import { noPartitions } from './partition-set.ts';
import { isSameDecision, NO_PRODUCER_ID, type Transaction } from './transaction.ts';
import type { TransactionState, TransactionTurn } from './transaction-state.ts';

/** Nothing happens when `decided` is not what the state says: somebody else has completed it. */
export function complete(state: TransactionState, turn: TransactionTurn, decided: Transaction): void {
  const current = state.transactions.get(decided.transactionalId);
  if (current === undefined || !isSameDecision(current, decided)) return;
  const { nextProducerId, producerId } = current;
  const rotates = nextProducerId !== NO_PRODUCER_ID;
  state.advance(turn, current, {
    ...current,
    status: current.status === 'PrepareCommit' ? 'CompleteCommit' : 'CompleteAbort',
    producerId: rotates ? nextProducerId : producerId,
    producerEpoch: rotates ? 0 : current.producerEpoch,
    previousProducerId: rotates ? producerId : current.previousProducerId,
    nextProducerId: NO_PRODUCER_ID,
    partitions: noPartitions,
    updateMs: turn.nowMs,
  });
}
