/** A transactional id that nobody has used for a long time is forgotten, unless a transaction is under way (`transactional.id.expiration.ms`). */
import type { TransactionState, TransactionTurn } from './transaction-state.ts';
import type { TransactionStatus } from './transaction-status.ts';

const AT_REST: ReadonlySet<TransactionStatus> = new Set<TransactionStatus>([
  'Empty',
  'CompleteCommit',
  'CompleteAbort',
]);

export function expireIds(state: TransactionState, turn: TransactionTurn, expirationMs: number): void {
  for (const transaction of [...state.transactions.values()]) {
    const isSilent = transaction.updateMs + expirationMs <= turn.nowMs;
    if (isSilent && AT_REST.has(transaction.status)) state.forget(turn, transaction);
  }
}
