/**
 * The states of a transaction and which may follow which: the only place that knows. Every decision goes through `assertTransition`; a replay does not, because
 * compaction may have left out states in between (invariant I17).
 */
import { assert } from '../../base/assert.ts';

/** Kafka's names, in the order of the numbers that stand for them in `__transaction_state`. */
const STATUSES = [
  'Empty',
  'Ongoing',
  'PrepareCommit',
  'PrepareAbort',
  'CompleteCommit',
  'CompleteAbort',
  'Dead',
  'PrepareEpochFence',
] as const;

export type TransactionStatus = (typeof STATUSES)[number];

/**
 * PrepareAbort follows a state without a transaction when a client of transactions v2 aborts what it never began: its epoch rises all the same (KIP-890).
 * Dead is written as a tombstone, and PrepareEpochFence only passed through on the way to PrepareAbort: neither is found in a log.
 */
const FOLLOWERS: Readonly<Record<TransactionStatus, readonly TransactionStatus[]>> = {
  Empty: ['Empty', 'Ongoing', 'PrepareAbort', 'Dead'],
  Ongoing: ['Ongoing', 'PrepareCommit', 'PrepareAbort', 'PrepareEpochFence'],
  PrepareCommit: ['CompleteCommit'],
  PrepareAbort: ['CompleteAbort'],
  CompleteCommit: ['Empty', 'Ongoing', 'PrepareAbort', 'Dead'],
  CompleteAbort: ['Empty', 'Ongoing', 'PrepareAbort', 'Dead'],
  Dead: [],
  PrepareEpochFence: ['PrepareAbort'],
};

export function assertTransition(from: TransactionStatus, to: TransactionStatus): void {
  assert(FOLLOWERS[from].includes(to), 'a transaction takes a step that does not exist', { from, to });
}

export function isStatus(name: string): name is TransactionStatus {
  return (STATUSES as readonly string[]).includes(name);
}

export function numberOfStatus(status: TransactionStatus): number {
  return STATUSES.indexOf(status);
}

/** Undefined for a number that no state has. */
export function statusOfNumber(number: number): TransactionStatus | undefined {
  return STATUSES[number];
}
