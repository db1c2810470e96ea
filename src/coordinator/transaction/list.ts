/** ListTransactions: which transactional ids pass all filters (KIP-664, KIP-994, KIP-1152). */
import type { Transaction } from './transaction.ts';
import type { TransactionStatus } from './transaction-status.ts';

export interface TransactionFilter {
  /** Undefined: every state. */
  readonly statuses: ReadonlySet<TransactionStatus> | undefined;
  /** Undefined: every producer. */
  readonly producerIds: ReadonlySet<number> | undefined;
  /** Only transactions that began more than this ago; negative: all. An id that has had none since it was initialized passes. */
  readonly durationMs: number;
  matchesId(transactionalId: string): boolean;
}

export function passes(transaction: Transaction, filter: TransactionFilter, nowMs: number): boolean {
  const { statuses, producerIds, durationMs } = filter;
  if (statuses !== undefined && !statuses.has(transaction.status)) return false;
  if (producerIds !== undefined && !producerIds.has(transaction.producerId)) return false;
  if (durationMs >= 0 && nowMs - transaction.startMs <= durationMs) return false;
  return filter.matchesId(transaction.transactionalId);
}
