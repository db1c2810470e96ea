/** A transaction that is open for longer than its producer asked for is aborted, and the producer fenced. */
import { abortAndFence } from './fence.ts';
import type { TransactionState, TransactionTurn } from './transaction-state.ts';

export function abortTimedOut(state: TransactionState, turn: TransactionTurn): void {
  for (const transaction of state.transactions.values()) {
    const { status, startMs, timeoutMs } = transaction;
    if (status === 'Ongoing' && startMs + timeoutMs < turn.nowMs) abortAndFence(state, turn, transaction);
  }
}
