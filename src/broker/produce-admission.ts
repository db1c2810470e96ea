/**
 * Asks the transaction coordinator for leave to write a request's transactional batches (KIP-890), before any of them is appended. Only where the transaction is not
 * open yet somebody has to be asked; each such partition gives a guard, which is handed back with the append. Decides nothing about records.
 */
import { assert } from '../base/assert.ts';
import type { Partition } from '../partition/partition.ts';
import type { VerificationGuard } from '../partition/transaction-verifications.ts';
import { baseSequence, producerEpoch, producerId } from '../protocol/batch/header.ts';
import { ErrorCode } from '../protocol/error-code.ts';
import { askAfterLastTransaction, type PatiencePort } from './after-last-transaction.ts';

/** The version of Produce whose clients know TRANSACTION_ABORTABLE, and the one that adds partitions to transactions by itself. */
const ABORTABLE_VERSION = 11;
const ADDING_VERSION = 12;

/** A transactional batch with a producer id, and where it goes. */
export interface TransactionalBatch {
  readonly topic: string;
  readonly partition: Partition;
  readonly batch: Uint8Array;
}

export interface ProducedTransaction {
  readonly transactionalId: string;
  readonly produceVersion: number;
  /** Of one producer, each of another partition. */
  readonly batches: readonly TransactionalBatch[];
}

/** In the order of the batches. A batch that needed no leave has neither an error nor a guard. */
export interface Admitted {
  readonly error: ErrorCode;
  readonly guard: VerificationGuard | undefined;
}

/** Undefined when nobody has to be asked. */
export function admitProduced(
  produced: ProducedTransaction,
  port: PatiencePort,
): Promise<readonly Admitted[]> | undefined {
  const isAdding = produced.produceVersion >= ADDING_VERSION;
  if (!isAdding && !port.config.get('transaction.partition.verification.enable')) return undefined;
  const guards = guardsOf(produced, isAdding);
  return guards.every((guard) => guard === undefined) ? undefined : admit(produced, isAdding, port);
}

function guardsOf({ batches }: ProducedTransaction, isAdding: boolean): readonly (VerificationGuard | undefined)[] {
  return batches.map(({ partition, batch }) =>
    partition.beginVerification({
      producerId: producerId(batch),
      producerEpoch: producerEpoch(batch),
      baseSequence: baseSequence(batch),
      supportsEpochBump: isAdding,
    }),
  );
}

/** Each time under new guards, because the marker of the last transaction takes them away. */
async function admit(
  produced: ProducedTransaction,
  isAdding: boolean,
  port: PatiencePort,
): Promise<readonly Admitted[]> {
  const { transactionalId, produceVersion } = produced;
  const { guards, errors } = await askAfterLastTransaction(
    {
      transactionalId,
      async ask() {
        const guards = guardsOf(produced, isAdding);
        return { guards, errors: await ask(produced, guards, port.transactions) };
      },
      errorOf: ({ errors }) => errors.find((error) => error !== ErrorCode.NONE) ?? ErrorCode.NONE,
    },
    port,
  );
  return guards.map((guard, index) => ({
    error: producersError(errors[index] ?? ErrorCode.UNKNOWN_SERVER_ERROR, produceVersion),
    guard,
  }));
}

/** One error per batch; NONE for those that have no guard and are not asked for. */
async function ask(
  { transactionalId, produceVersion, batches }: ProducedTransaction,
  guards: readonly (VerificationGuard | undefined)[],
  transactions: PatiencePort['transactions'],
): Promise<readonly ErrorCode[]> {
  const asked = batches.filter((_, index) => guards[index] !== undefined);
  const [first] = asked;
  if (first === undefined) return batches.map(() => ErrorCode.NONE);
  const errors = await transactions.admit({
    transactionalId,
    producerId: producerId(first.batch),
    producerEpoch: producerEpoch(first.batch),
    partitions: asked.map(({ topic, partition }) => ({ topic, partition: partition.id.partition })),
    mode: produceVersion >= ADDING_VERSION ? 'add' : 'verify',
  });
  assert(errors.length === asked.length, 'the coordinator answers for each partition');
  return batches.map((batch) => errors[asked.indexOf(batch)] ?? ErrorCode.NONE);
}

/** What the coordinator's refusals are called in an answer to Produce, so that each version's clients do the right thing. */
function producersError(error: ErrorCode, produceVersion: number): ErrorCode {
  switch (error) {
    case ErrorCode.PRODUCER_FENCED:
      return ErrorCode.INVALID_PRODUCER_EPOCH;
    case ErrorCode.TRANSACTION_ABORTABLE:
      return produceVersion < ABORTABLE_VERSION ? ErrorCode.INVALID_TXN_STATE : error;
    case ErrorCode.CONCURRENT_TRANSACTIONS:
      // Under v2 it is what a client sees that is faster than the markers of its last transaction, and it knows it.
      return produceVersion < ADDING_VERSION ? ErrorCode.NOT_ENOUGH_REPLICAS : error;
    case ErrorCode.COORDINATOR_LOAD_IN_PROGRESS:
    case ErrorCode.COORDINATOR_NOT_AVAILABLE:
    case ErrorCode.NOT_COORDINATOR:
      // Clients send again after this one, and do not look for another leader first.
      return ErrorCode.NOT_ENOUGH_REPLICAS;
    default:
      return error;
  }
}
