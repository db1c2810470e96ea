/**
 * Carries decisions out: writes the marker to every partition of the transaction, each until it is durable, and has the transaction completed when all are (invariant
 * I18). It gives up only when this broker does not coordinate the transaction any more, or stops: whoever loads the state next begins again, and a marker that is written twice
 * does no harm. It decides nothing and keeps no state that matters.
 */
import type { Env } from '../../base/env.ts';
import type { Lifecycle } from '../../base/lifecycle.ts';
import { limits } from '../../base/limits.ts';
import type { TransactionMarker } from '../../partition/transaction-marker.ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import type { Decisions } from './decisions.ts';
import type { MarkerTarget } from './marker-target.ts';
import { partitionsIn, type TopicPartition } from './partition-set.ts';
import { isSameDecision, type Transaction } from './transaction.ts';

export interface DecisionCarrierOptions {
  readonly env: Env;
  readonly background: Lifecycle;
  readonly target: MarkerTarget;
  /** The epoch in which this broker coordinates the id; undefined when it does not. */
  readonly coordinatorEpoch: (transactionalId: string) => number | undefined;
  /** False when the command could not run: it has to be asked again. */
  readonly complete: (decided: Transaction, onRun: () => void) => Promise<boolean>;
}

export class DecisionCarrier implements Decisions {
  readonly #options: DecisionCarrierOptions;
  /** By transactional id: a state that is loaded again after a fault hands over what is being carried out already. */
  readonly #underWay = new Map<string, Transaction>();

  constructor(options: DecisionCarrierOptions) {
    this.#options = options;
  }

  carryOut(decided: Transaction, isDurable: Promise<boolean>): void {
    void isDurable.then((durable) => {
      if (durable) this.#begin(decided);
    });
  }

  #begin(decided: Transaction): void {
    const { background } = this.#options;
    const { transactionalId } = decided;
    const underWay = this.#underWay.get(transactionalId);
    if (background.stopped || (underWay !== undefined && isSameDecision(underWay, decided))) return;
    this.#underWay.set(transactionalId, decided);
    background.run('write the markers of a transaction', async (signal) => {
      try {
        await this.#carry(decided, signal);
      } finally {
        this.#forget(decided);
      }
    });
  }

  #forget(decided: Transaction): void {
    if (this.#underWay.get(decided.transactionalId) === decided) this.#underWay.delete(decided.transactionalId);
  }

  async #carry(decided: Transaction, signal: AbortSignal): Promise<void> {
    const { complete, coordinatorEpoch } = this.#options;
    const written = await Promise.all(
      partitionsIn(decided.partitions).map((partition) => this.#writeUntilDone(decided, partition, signal)),
    );
    if (written.includes(false)) return;
    // From here on the id may have its next transaction, whose decision must not be taken for this one.
    while (!signal.aborted && coordinatorEpoch(decided.transactionalId) !== undefined) {
      if (await complete(decided, () => this.#forget(decided))) return;
      await this.#pause(signal);
    }
  }

  /** False when this broker is not to write it any more. */
  async #writeUntilDone(decided: Transaction, partition: TopicPartition, signal: AbortSignal): Promise<boolean> {
    const { target, coordinatorEpoch } = this.#options;
    while (!signal.aborted) {
      const epoch = coordinatorEpoch(decided.transactionalId);
      if (epoch === undefined) return false;
      const error = await target.writeMarker(partition, markerOf(decided, epoch));
      if (this.#isDone(error, decided, partition)) return true;
      await this.#pause(signal);
    }
    return false;
  }

  #isDone(error: ErrorCode, decided: Transaction, partition: TopicPartition): boolean {
    const { logger } = this.#options.env;
    const fields = { transactionalId: decided.transactionalId, ...partition, error };
    switch (error) {
      case ErrorCode.NONE:
        return true;
      case ErrorCode.UNKNOWN_TOPIC_OR_PARTITION:
        logger.info(fields, 'a partition was deleted before its transaction ended');
        return true;
      case ErrorCode.INVALID_PRODUCER_EPOCH:
      case ErrorCode.TRANSACTION_COORDINATOR_FENCED:
        // Only a marker made by hand can have come before this one: the transaction is over there.
        logger.warn(fields, 'a transaction was ended by somebody else');
        return true;
      default:
        logger.debug(fields, 'a marker could not be written yet');
        return false;
    }
  }

  #pause(signal: AbortSignal): Promise<void> {
    const { timers } = this.#options.env;
    return new Promise((resolve) => {
      const timer = timers.after(limits.markerRetryPauseMs, done);
      signal.addEventListener('abort', done);
      function done(): void {
        timer.cancel();
        signal.removeEventListener('abort', done);
        resolve();
      }
    });
  }
}

function markerOf(decided: Transaction, coordinatorEpoch: number): TransactionMarker {
  return {
    producerId: decided.producerId,
    producerEpoch: decided.producerEpoch,
    outcome: decided.status === 'PrepareCommit' ? 'committed' : 'aborted',
    coordinatorEpoch,
    transactionVersion: decided.clientVersion,
  };
}
