/**
 * A producer that goes on at once with its next transaction may be faster than the markers of its last one. They take a moment, so the coordinator is asked again when
 * they are written, for a while, before the client is told CONCURRENT_TRANSACTIONS and waits by itself (KIP-890). Owns that patience; decides nothing.
 */
import type { PartitionsRequest } from '../coordinator/transaction/add-partitions.ts';
import { ErrorCode } from '../protocol/error-code.ts';
import type { Broker } from './broker.ts';

export type PatiencePort = Pick<Broker, 'env' | 'config' | 'transactions'>;

export interface PatientQuestion<T> {
  readonly transactionalId: string;
  /** Asked as often as need be, so it must be asked anew with whatever the markers take away. */
  readonly ask: () => Promise<T>;
  /** An answer that is not CONCURRENT_TRANSACTIONS is final. */
  readonly errorOf: (answer: T) => ErrorCode;
}

/** The last answer after `add.partitions.to.txn.retry.backoff.max.ms`, whatever it is. */
export async function askAfterLastTransaction<T>(question: PatientQuestion<T>, port: PatiencePort): Promise<T> {
  const { env, config } = port;
  const deadlineMs = env.clock.monotonicMs() + config.get('add.partitions.to.txn.retry.backoff.max.ms');
  for (;;) {
    const answer = await question.ask();
    const isTooEarly = question.errorOf(answer) === ErrorCode.CONCURRENT_TRANSACTIONS;
    if (!isTooEarly || env.clock.monotonicMs() >= deadlineMs) return answer;
    await untilCompleted(question.transactionalId, port);
  }
}

/** Takes partitions into the open transaction, or begins one with them. */
export function addAfterLastTransaction(request: PartitionsRequest, port: PatiencePort): Promise<ErrorCode> {
  const { transactionalId } = request;
  const ask = async () => port.transactions.addPartitions(request);
  return askAfterLastTransaction({ transactionalId, ask, errorOf: (error) => error }, port);
}

/** At most `add.partitions.to.txn.retry.backoff.ms`. */
function untilCompleted(transactionalId: string, { env, config, transactions }: PatiencePort): Promise<void> {
  return new Promise((resolve) => {
    const timer = env.timers.after(config.get('add.partitions.to.txn.retry.backoff.ms'), () => {
      forget();
      resolve();
    });
    const forget = transactions.onCompleted(transactionalId, () => {
      timer.cancel();
      resolve();
    });
  });
}
