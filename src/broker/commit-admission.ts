/**
 * Asks the transaction coordinator for leave to commit a group's offsets in a producer's transaction (KIP-890), before anything is written. The group's partition of
 * `__consumer_offsets` belongs to the transaction like those that the producer writes to. Decides nothing about offsets.
 */
import { CONSUMER_OFFSETS } from '../metadata/topic-name.ts';
import type { VerificationGuard } from '../partition/transaction-verifications.ts';
import { NO_SEQUENCE } from '../protocol/batch/header.ts';
import { ErrorCode } from '../protocol/error-code.ts';
import { askAfterLastTransaction, type PatiencePort } from './after-last-transaction.ts';
import type { Broker } from './broker.ts';

/** The version of TxnOffsetCommit whose clients know TRANSACTION_ABORTABLE, and the one that adds the group to the transaction by itself. */
const ABORTABLE_VERSION = 4;
const ADDING_VERSION = 5;

export interface CommitToAdmit {
  readonly transactionalId: string;
  readonly groupId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly apiVersion: number;
}

export type CommitAdmission =
  /** The guard goes with the commit; there is none where nobody had to be asked. */
  | { readonly kind: 'admitted'; readonly guard: VerificationGuard | undefined }
  | { readonly kind: 'refused'; readonly error: ErrorCode };

export type CommitAdmissionPort = PatiencePort & Pick<Broker, 'groups'>;

export function admitCommit(commit: CommitToAdmit, port: CommitAdmissionPort): Promise<CommitAdmission> {
  return askAfterLastTransaction(
    {
      transactionalId: commit.transactionalId,
      ask: () => askOnce(commit, port),
      errorOf: (admission) => (admission.kind === 'refused' ? admission.error : ErrorCode.NONE),
    },
    port,
  );
}

async function askOnce(
  { transactionalId, groupId, producerId, producerEpoch, apiVersion }: CommitToAdmit,
  { config, groups, transactions }: CommitAdmissionPort,
): Promise<CommitAdmission> {
  const isAdding = apiVersion >= ADDING_VERSION;
  const wish = { producerId, producerEpoch, baseSequence: NO_SEQUENCE, supportsEpochBump: isAdding };
  const begun = await groups.beginTransactionalCommit(groupId, wish);
  if (begun.kind === 'refused') return begun;
  const guard = begun.kind === 'needed' ? begun.guard : undefined;
  if (guard === undefined) return { kind: 'admitted', guard };
  if (!isAdding && !config.get('transaction.partition.verification.enable')) return { kind: 'admitted', guard };
  const partition = groups.partitionOf(groupId);
  if (partition === undefined) return { kind: 'refused', error: ErrorCode.COORDINATOR_NOT_AVAILABLE };
  const [error = ErrorCode.UNKNOWN_SERVER_ERROR] = await transactions.admit({
    transactionalId,
    producerId,
    producerEpoch,
    partitions: [{ topic: CONSUMER_OFFSETS, partition }],
    mode: isAdding ? 'add' : 'verify',
  });
  return error === ErrorCode.NONE
    ? { kind: 'admitted', guard }
    : { kind: 'refused', error: committersError(error, apiVersion) };
}

/** What the coordinator's refusals are called in an answer to TxnOffsetCommit. */
function committersError(error: ErrorCode, apiVersion: number): ErrorCode {
  if (error === ErrorCode.PRODUCER_FENCED) return ErrorCode.INVALID_PRODUCER_EPOCH;
  const isUnknown = error === ErrorCode.TRANSACTION_ABORTABLE && apiVersion < ABORTABLE_VERSION;
  return isUnknown ? ErrorCode.INVALID_TXN_STATE : error;
}
