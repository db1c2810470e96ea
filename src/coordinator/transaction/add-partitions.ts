/**
 * AddPartitionsToTxn, AddOffsetsToTxn and the admission of Produce and TxnOffsetCommit: partitions become part of the open transaction before anything is written
 * to them, so that its end reaches them all (KIP-98, KIP-890). The first one opens the transaction.
 */
import { limits } from '../../base/limits.ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import type { ProducerIdentity } from './init-producer-id.ts';
import { countOf, includes, noPartitions, type TopicPartition, withPartitions } from './partition-set.ts';
import type { Transaction } from './transaction.ts';
import type { TransactionState, TransactionTurn } from './transaction-state.ts';

export interface PartitionsRequest extends ProducerIdentity {
  readonly transactionalId: string;
  readonly partitions: readonly TopicPartition[];
  /** 2: the client takes a new epoch for each transaction. */
  readonly clientVersion: number;
}

/** The outcome is the same for all partitions. Without any, the transaction is opened all the same. */
export function addPartitions(state: TransactionState, turn: TransactionTurn, request: PartitionsRequest): ErrorCode {
  const current = find(state, request);
  if (typeof current === 'number') return current;
  const isOpen = current.status === 'Ongoing';
  if (isOpen && request.partitions.every((one) => includes(current.partitions, one))) return ErrorCode.NONE;
  const partitions = withPartitions(isOpen ? current.partitions : noPartitions, request.partitions);
  if (countOf(partitions) > limits.partitionsPerTransaction) return ErrorCode.POLICY_VIOLATION;
  state.advance(turn, current, {
    ...current,
    status: 'Ongoing',
    partitions,
    startMs: isOpen ? current.startMs : turn.nowMs,
    updateMs: turn.nowMs,
    clientVersion: request.clientVersion,
  });
  return ErrorCode.NONE;
}

/** One outcome per partition: whether the open transaction has it. */
export function verifyPartitions(state: TransactionState, request: PartitionsRequest): readonly ErrorCode[] {
  const { partitions } = request;
  const current = find(state, request);
  if (typeof current === 'number') return partitions.map(() => current);
  const isOpen = current.status === 'Ongoing';
  return partitions.map((one) =>
    isOpen && includes(current.partitions, one) ? ErrorCode.NONE : ErrorCode.TRANSACTION_ABORTABLE,
  );
}

function find(state: TransactionState, request: PartitionsRequest): Transaction | ErrorCode {
  const current = state.transactions.get(request.transactionalId);
  if (current === undefined || current.producerId !== request.producerId) return ErrorCode.INVALID_PRODUCER_ID_MAPPING;
  if (current.producerEpoch !== request.producerEpoch) return ErrorCode.PRODUCER_FENCED;
  const isEnding = current.status === 'PrepareCommit' || current.status === 'PrepareAbort';
  return isEnding ? ErrorCode.CONCURRENT_TRANSACTIONS : current;
}
