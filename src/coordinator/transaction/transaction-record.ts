/**
 * The records of `__transaction_state` and their layout in the log. The layout is Kafka's own, so its tools read what is written here; nothing else in this folder
 * knows it. One tagged field is ours (decision 0020): the epoch before, without which a retry after a restart would be taken for a zombie.
 */
import { assert } from '../../base/assert.ts';
import {
  decodeKey,
  decodeValue,
  encodeKey,
  encodeValue,
  recordTypeOf,
  type ValueOf,
} from '../../protocol/records/coordinator-record.ts';
import { TransactionLog } from '../../protocol/records/transaction/transaction-log.ts';
import type { EncodedRecord, RecordCodec } from '../state-machine.ts';
import type { PartitionSet } from './partition-set.ts';
import type { Transaction } from './transaction.ts';
import { numberOfStatus, statusOfNumber } from './transaction-status.ts';

export interface TransactionRecord {
  readonly transactionalId: string;
  /** Undefined: the id is forgotten. */
  readonly transaction: Transaction | undefined;
}

/** The layout that Kafka 4.3 writes: the first with the ids and epochs of KIP-890. */
const VERSION = 1;

export const transactionRecordCodec: RecordCodec<TransactionRecord> = { encode, decode };

function encode({ transactionalId, transaction }: TransactionRecord): EncodedRecord {
  return {
    key: encodeKey(TransactionLog, { transactionalId }),
    value: transaction === undefined ? null : encodeTransaction(transaction),
  };
}

function encodeTransaction(transaction: Transaction): Uint8Array {
  const { status, partitions } = transaction;
  assert(status !== 'Dead' && status !== 'PrepareEpochFence', 'a state of passage is written down', { status });
  return encodeValue(TransactionLog, VERSION, {
    producerId: transaction.producerId,
    previousProducerId: transaction.previousProducerId,
    nextProducerId: transaction.nextProducerId,
    producerEpoch: transaction.producerEpoch,
    lastProducerEpoch: transaction.lastProducerEpoch,
    transactionTimeoutMs: transaction.timeoutMs,
    transactionStatus: numberOfStatus(status),
    transactionPartitions: status === 'Empty' ? null : encodePartitions(partitions),
    transactionLastUpdateTimestampMs: transaction.updateMs,
    transactionStartTimestampMs: transaction.startMs,
    clientTransactionVersion: transaction.clientVersion,
  });
}

function encodePartitions(partitions: PartitionSet) {
  return Array.from(partitions, ([topic, partitionIds]) => ({ topic, partitionIds: [...partitionIds] }));
}

function decode(key: Uint8Array, value: Uint8Array | null): TransactionRecord | undefined {
  if (recordTypeOf(key) !== TransactionLog.type) return undefined;
  const { transactionalId } = decodeKey(TransactionLog, key);
  const transaction =
    value === null ? undefined : decodeTransaction(transactionalId, decodeValue(TransactionLog, value));
  return { transactionalId, transaction };
}

function decodeTransaction(transactionalId: string, value: ValueOf<typeof TransactionLog>): Transaction {
  const status = statusOfNumber(value.transactionStatus);
  if (status === undefined)
    throw new Error(`a transaction is in state ${value.transactionStatus}, which does not exist`);
  return {
    transactionalId,
    status,
    producerId: value.producerId,
    producerEpoch: value.producerEpoch,
    lastProducerEpoch: value.lastProducerEpoch,
    previousProducerId: value.previousProducerId,
    nextProducerId: value.nextProducerId,
    timeoutMs: value.transactionTimeoutMs,
    partitions: new Map(
      (value.transactionPartitions ?? []).map(({ topic, partitionIds }) => [topic, new Set(partitionIds)]),
    ),
    startMs: value.transactionStartTimestampMs,
    updateMs: value.transactionLastUpdateTimestampMs,
    clientVersion: value.clientTransactionVersion,
  };
}
