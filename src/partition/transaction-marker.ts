/**
 * How the transaction coordinator tells a partition that a producer's transaction has ended (KIP-98). The partition writes it down as a control
 * batch.
 */
export interface TransactionMarker {
  readonly producerId: number;
  /** The epoch that the marker carries: under transactions v2 one above the epoch of the transaction's records (KIP-890). */
  readonly producerEpoch: number;
  readonly outcome: TransactionOutcome;
  /** Of the coordinator that decided; an older one than the partition has seen is fenced. */
  readonly coordinatorEpoch: number;
  /** `transaction.version` under which the transaction ended. */
  readonly transactionVersion: number;
}

export type TransactionOutcome = 'committed' | 'aborted';
