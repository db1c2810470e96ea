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

interface UnderWay {
  readonly decided: Transaction;
  /** Told when it is complete, or given up. */
  readonly listeners: Set<() => void>;
}

export class DecisionCarrier implements Decisions {
  readonly #options: DecisionCarrierOptions;
  /** By transactional id: a state that is loaded again after a fault hands over what is being carried out already. */
  readonly #underWay = new Map<string, UnderWay>();

  constructor(options: DecisionCarrierOptions) {
    this.#options = options;
  }

  carryOut(decided: Transaction, isDurable: Promise<boolean>): void {
    void isDurable.then((durable) => {
      if (durable) this.#begin(decided);
    });
  }

  /** Calls `listener` once, when the decision that is being carried out now is complete or given up; never when there is none. Answers how to take that back. */
  onCompleted(transactionalId: string, listener: () => void): () => void {
    const listeners = this.#underWay.get(transactionalId)?.listeners;
    listeners?.add(listener);
    return () => listeners?.delete(listener);
  }

  #begin(decided: Transaction): void {
    const { background } = this.#options;
    const { transactionalId } = decided;
    const earlier = this.#underWay.get(transactionalId);
    if (background.stopped || (earlier !== undefined && isSameDecision(earlier.decided, decided))) return;
    const underWay: UnderWay = { decided, listeners: new Set() };
    this.#underWay.set(transactionalId, underWay);
    background.run('write the markers of a transaction', async (signal) => {
      try {
        // The coordination may have gone and come back meanwhile: then what was left out is made up for.
        let isDone = false;
        while (!isDone && this.#isWanted(decided, signal)) isDone = await this.#carry(underWay, signal);
      } finally {
        this.#forget(underWay);
      }
    });
  }

  #forget(underWay: UnderWay): void {
    const { transactionalId } = underWay.decided;
    if (this.#underWay.get(transactionalId) === underWay) this.#underWay.delete(transactionalId);
    for (const listener of underWay.listeners) listener();
    underWay.listeners.clear();
  }

  /** Whether this broker runs and coordinates the transaction. */
  #isWanted({ transactionalId }: Transaction, signal: AbortSignal): boolean {
    return !signal.aborted && this.#options.coordinatorEpoch(transactionalId) !== undefined;
  }

  /** False when it could not be done to the end. */
  async #carry(underWay: UnderWay, signal: AbortSignal): Promise<boolean> {
    const { decided } = underWay;
    const written = await Promise.all(
      partitionsIn(decided.partitions).map((partition) => this.#writeUntilDone(decided, partition, signal)),
    );
    if (written.includes(false)) return false;
    while (this.#isWanted(decided, signal)) {
      // Once it has run the id may have its next transaction, whose decision must not be taken for this one.
      if (await this.#options.complete(decided, () => this.#forget(underWay))) return true;
      await this.#pause(signal);
    }
    return false;
  }

  /** False when this broker is not to write it any more. */
  async #writeUntilDone(decided: Transaction, partition: TopicPartition, signal: AbortSignal): Promise<boolean> {
    while (!signal.aborted) {
      const epoch = this.#options.coordinatorEpoch(decided.transactionalId);
      if (epoch === undefined) return false;
      const error = await this.#write(partition, markerOf(decided, epoch));
      if (this.#isDone(error, decided, partition)) return true;
      await this.#pause(signal);
    }
    return false;
  }

  async #write(partition: TopicPartition, marker: TransactionMarker): Promise<ErrorCode> {
    try {
      return await this.#options.target.writeMarker(partition, marker);
    } catch (error) {
      // A bug must not leave a transaction open for ever.
      this.#options.env.logger.error({ err: error, ...partition }, 'a marker failed');
      return ErrorCode.UNKNOWN_SERVER_ERROR;
    }
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
