/**
 * The transaction coordinator as handlers see it: finds the partition that a transactional id belongs to, runs the command there, and says in the words of each
 * response what cannot be done. Owns the runtime and its start and end, and gets producer ids for commands that need one; no transaction.
 */
import type { Env } from '../../base/env.ts';
import { coordinatorPartition } from '../../base/java-hash.ts';
import { Lifecycle } from '../../base/lifecycle.ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import type { CoordinatorPartitions } from '../coordinator-partitions.ts';
import { CoordinatorRuntime } from '../runtime.ts';
import type { Command } from '../state-machine.ts';
import { addPartitions, type PartitionsRequest, verifyPartitions } from './add-partitions.ts';
import { complete } from './complete.ts';
import { DecisionCarrier } from './decision-carrier.ts';
import { type DescribedTransaction, describe } from './describe.ts';
import { type EndReply, type EndRequest, endRefusal } from './end-reply.ts';
import { endTransaction } from './end-transaction.ts';
import { type InitReply, type InitRequest, initProducerId, initRefusal } from './init-producer-id.ts';
import { passes, type TransactionFilter } from './list.ts';
import type { MarkerTarget } from './marker-target.ts';
import { EPOCH_BUMP_VERSION, type Transaction } from './transaction.ts';
import { type TransactionRecord, transactionRecordCodec } from './transaction-record.ts';
import type { TransactionSettings } from './transaction-settings.ts';
import { TransactionState } from './transaction-state.ts';
import { unasked } from './unasked.ts';

export interface TransactionCoordinatorOptions {
  readonly env: Env;
  readonly settings: TransactionSettings;
  readonly partitions: TransactionPartitions;
  readonly target: MarkerTarget;
  /** A producer id that nobody has had; rejects when the metadata cannot be written. */
  readonly takeProducerId: () => Promise<number>;
}

export interface TransactionPartitions extends CoordinatorPartitions {
  /** The epoch in which this broker leads the partition; undefined when it does not. */
  leaderEpoch(index: number): number | undefined;
}

export interface AdmissionRequest extends Omit<PartitionsRequest, 'clientVersion'> {
  /** Whether the open transaction has the partitions, or to take them into it. */
  readonly mode: 'verify' | 'add';
}

/** Either at once or later: a value when nothing has to be waited for. */
type Soon<T> = T | Promise<T>;

export class TransactionCoordinator {
  readonly #env: Env;
  readonly #settings: TransactionSettings;
  readonly #partitions: TransactionPartitions;
  readonly #takeProducerId: () => Promise<number>;
  readonly #background: Lifecycle;
  readonly #decisions: DecisionCarrier;
  readonly #runtime: CoordinatorRuntime<TransactionState, TransactionRecord>;

  constructor({ env, settings, partitions, target, takeProducerId }: TransactionCoordinatorOptions) {
    this.#env = env;
    this.#settings = settings;
    this.#partitions = partitions;
    this.#takeProducerId = takeProducerId;
    this.#background = new Lifecycle(env.logger);
    this.#decisions = new DecisionCarrier({
      env,
      background: this.#background,
      target,
      coordinatorEpoch: (transactionalId) => this.#epochOf(transactionalId),
      complete: (decided, onRun) => this.#complete(decided, onRun),
    });
    this.#runtime = new CoordinatorRuntime({
      env,
      background: this.#background,
      topic: '__transaction_state',
      partitions,
      newState: () => new TransactionState(this.#decisions),
      unasked: unasked(settings),
      codec: transactionRecordCodec,
    });
  }

  /** Loads in the background what the last run has left: decisions are carried out, and transactions time out, although nobody asks. */
  start(): void {
    this.#background.run('load the transactions of the last run', (signal) => this.#runtime.loadAll(signal));
  }

  async initProducerId(request: Omit<InitRequest, 'freshProducerId'>): Promise<InitReply> {
    const { transactionalId, timeoutMs } = request;
    if (transactionalId === '') return initRefusal(ErrorCode.INVALID_REQUEST);
    if (timeoutMs <= 0 || timeoutMs > this.#settings.maxTimeoutMs) {
      return initRefusal(ErrorCode.INVALID_TRANSACTION_TIMEOUT);
    }
    return this.#withProducerId<InitReply>(initRefusal, (freshProducerId) =>
      this.#submit<InitReply>(
        transactionalId,
        (state, turn) => initProducerId(state, turn, { ...request, freshProducerId }),
        initRefusal,
      ),
    );
  }

  /** One error code for all partitions. */
  addPartitions(request: PartitionsRequest): Soon<ErrorCode> {
    const { transactionalId } = request;
    if (transactionalId === '') return ErrorCode.INVALID_REQUEST;
    return this.#submit<ErrorCode>(
      transactionalId,
      (state, turn) => addPartitions(state, turn, request),
      (error) => error,
    );
  }

  /** One error code per partition, in order. */
  verifyPartitions(request: PartitionsRequest): Soon<readonly ErrorCode[]> {
    const { transactionalId, partitions } = request;
    const refusal = (error: ErrorCode) => partitions.map(() => error);
    if (transactionalId === '') return refusal(ErrorCode.INVALID_REQUEST);
    return this.#submit<readonly ErrorCode[]>(transactionalId, (state) => verifyPartitions(state, request), refusal);
  }

  /** What Produce and TxnOffsetCommit ask before they write (KIP-890). One error code per partition, in order. */
  admit(request: AdmissionRequest): Soon<readonly ErrorCode[]> {
    // Nobody has looked for a coordinator yet, so there is no transaction; whoever asks for others asks again.
    if (this.#partitions.count() === undefined) {
      return request.partitions.map(() => ErrorCode.COORDINATOR_NOT_AVAILABLE);
    }
    if (request.mode === 'verify') return this.verifyPartitions({ ...request, clientVersion: 0 });
    const added = this.addPartitions({ ...request, clientVersion: EPOCH_BUMP_VERSION });
    const forAll = (error: ErrorCode) => request.partitions.map(() => error);
    return added instanceof Promise ? added.then(forAll) : forAll(added);
  }

  /**
   * Calls `listener` once, when the transaction that is being ended now has its markers, or is not coordinated here any more; never when none is being ended.
   * Answers how to take that back.
   */
  onCompleted(transactionalId: string, listener: () => void): () => void {
    return this.#decisions.onCompleted(transactionalId, listener);
  }

  /** Answered when the decision is durable; the markers follow. */
  async endTransaction(request: Omit<EndRequest, 'freshProducerId'>): Promise<EndReply> {
    const { transactionalId } = request;
    if (transactionalId === '') return endRefusal(ErrorCode.INVALID_REQUEST);
    return this.#withProducerId<EndReply>(endRefusal, (freshProducerId) =>
      this.#submit<EndReply>(
        transactionalId,
        (state, turn) => endTransaction(state, turn, { ...request, freshProducerId }),
        endRefusal,
      ),
    );
  }

  /** TRANSACTIONAL_ID_NOT_FOUND when nobody has initialized it. */
  describe(transactionalId: string): Soon<DescribedTransaction | ErrorCode> {
    return this.#submit<DescribedTransaction | ErrorCode>(
      transactionalId,
      (state) => {
        const transaction = state.transactions.get(transactionalId);
        return transaction === undefined ? ErrorCode.TRANSACTIONAL_ID_NOT_FOUND : describe(transaction);
      },
      (error) => error,
    );
  }

  /** The ids that this broker coordinates, as far as they pass. An error code when some of them cannot be told now. */
  list(filter: TransactionFilter): Promise<readonly Transaction[] | ErrorCode> {
    return this.#runtime.collect((state, { nowMs }) =>
      [...state.transactions.values()].filter((one) => passes(one, filter, nowMs)),
    );
  }

  /** Another broker leads the partition, or this one in another epoch, or the partition is gone. What is led here has its decisions carried out at once. */
  onLeaderChange(index: number): void {
    this.#runtime.unload(index);
    if (this.#background.stopped || !this.#partitions.leads(index)) return;
    this.#background.run('load the transactions of a partition', () => this.#runtime.load(index));
  }

  /** Takes no further requests and writes what has been decided. To be called before the partitions close. */
  stop(): void {
    this.#runtime.stop();
  }

  /** Tells those who still wait. To be called when the partitions are closed. */
  async close(): Promise<void> {
    this.#runtime.close();
    await this.#background.stop();
  }

  /** Asks once, and, if the command needs a fresh producer id, once more with one. Other commands may come in between: it decides anew. */
  async #withProducerId<T extends InitReply | EndReply>(
    refusal: (error: ErrorCode) => T,
    ask: (freshProducerId: number | undefined) => Soon<T>,
  ): Promise<T> {
    const reply = await ask(undefined);
    if (reply.kind !== 'needs-producer-id') return reply;
    let freshProducerId: number;
    try {
      freshProducerId = await this.#takeProducerId();
    } catch (error) {
      this.#env.logger.warn({ err: error }, 'no producer id could be given out');
      return refusal(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS);
    }
    return ask(freshProducerId);
  }

  async #complete(decided: Transaction, onRun: () => void): Promise<boolean> {
    let hasRun = false;
    await this.#submit<undefined>(
      decided.transactionalId,
      (state, turn) => {
        hasRun = true;
        onRun();
        complete(state, turn, decided);
        return undefined;
      },
      () => undefined,
    );
    // If it ran and could not be written, the state is loaded again and hands the decision over anew.
    return hasRun;
  }

  #epochOf(transactionalId: string): number | undefined {
    const count = this.#partitions.count();
    return count === undefined ? undefined : this.#partitions.leaderEpoch(coordinatorPartition(transactionalId, count));
  }

  #submit<T>(
    transactionalId: string,
    command: Command<TransactionState, TransactionRecord, T>,
    refusal: (error: ErrorCode) => T,
  ): Soon<T> {
    const count = this.#partitions.count();
    // Clients look for their coordinator first, and that creates the topic.
    if (count === undefined) return refusal(ErrorCode.NOT_COORDINATOR);
    const index = coordinatorPartition(transactionalId, count);
    if (!this.#partitions.leads(index)) return refusal(ErrorCode.NOT_COORDINATOR);
    return this.#runtime.submit(index, command, refusal);
  }
}
