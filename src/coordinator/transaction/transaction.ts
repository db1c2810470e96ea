/** What the coordinator knows of a transactional id: its producer, and the transaction that this producer has open or had last. Never changed in place. */
import type { PartitionSet } from './partition-set.ts';
import type { TransactionStatus } from './transaction-status.ts';

export const NO_PRODUCER_ID = -1;
export const NO_EPOCH = -1;
export const NO_TIME = -1;

export interface Transaction {
  readonly transactionalId: string;
  readonly status: TransactionStatus;
  readonly producerId: number;
  readonly producerEpoch: number;
  /** The epoch before, when whoever has it may ask again and gets the same answer (KIP-360); else -1. */
  readonly lastProducerEpoch: number;
  /** The producer id before the epochs of this one began; -1 for the first. */
  readonly previousProducerId: number;
  /** The producer id that takes over when this transaction is complete, because the epochs have run out; else -1. */
  readonly nextProducerId: number;
  readonly timeoutMs: number;
  /** Of an open transaction, or one whose markers are being written. */
  readonly partitions: PartitionSet;
  /** Wall-clock time of the first partition, -1 before there was one. */
  readonly startMs: number;
  readonly updateMs: number;
  /** 2 when the client of the last step takes a new epoch for each transaction (KIP-890), else 0. */
  readonly clientVersion: number;
}

/** The version of transactions in which every end raises the epoch (KIP-890). */
export const EPOCH_BUMP_VERSION = 2;

export function bumpsEpochs(clientVersion: number): boolean {
  return clientVersion >= EPOCH_BUMP_VERSION;
}

/** Whether both are the same end of the same transaction. */
export function isSameDecision(one: Transaction, other: Transaction): boolean {
  return (
    one.status === other.status &&
    one.producerId === other.producerId &&
    one.producerEpoch === other.producerEpoch &&
    one.startMs === other.startMs
  );
}
