/**
 * All coordinators of one kind on this broker: one shard per partition of their internal topic. Owns which shards are loaded. A shard is
 * loaded from its log when the first command comes; commands that come meanwhile wait, in order, because for a client that costs less than an
 * error and its retry. When a shard ends after a fault, it is loaded anew after a pause; when its log is only opened anew, because it has moved, commands wait for that.
 *
 * It never looks into a state and never serves a partition that this broker does not lead.
 */
import type { Env } from '../base/env.ts';
import type { Lifecycle } from '../base/lifecycle.ts';
import { limits } from '../base/limits.ts';
import { errorOfFault } from '../partition/partition-fault.ts';
import type { TransactionMarker } from '../partition/transaction-marker.ts';
import type { VerificationWish } from '../partition/transaction-verifications.ts';
import { ErrorCode } from '../protocol/error-code.ts';
import type { CoordinatorLog } from './coordinator-log.ts';
import type { CoordinatorPartitions } from './coordinator-partitions.ts';
import { replay } from './replay.ts';
import { Shard } from './shard.ts';
import type { Command, RecordCodec, StateMachine, Turn, Unasked } from './state-machine.ts';
import type { TransactionalCommand, TransactionalWriter, Verification } from './transactional-write.ts';

export interface RuntimeOptions<S, R> {
  readonly env: Env;
  /** Loading runs here. */
  readonly background: Lifecycle;
  /** For log lines. */
  readonly topic: string;
  readonly partitions: Pick<CoordinatorPartitions, 'open' | 'withLog'>;
  readonly newState: () => S;
  readonly unasked: Unasked<S, R>;
  readonly codec: RecordCodec<R>;
}

type Loaded<S extends StateMachine<R>, R> = Shard<S, R> | ErrorCode;

interface Slot<S extends StateMachine<R>, R> {
  shard: Shard<S, R> | undefined;
  /** Resolves to the shard, or to what clients are told. */
  loading: Promise<Loaded<S, R>>;
  /** The shard's log is opened again; `loading` waits for that. */
  isReattaching: boolean;
  /** Commands that wait for the loading. */
  waiting: number;
}

export class CoordinatorRuntime<S extends StateMachine<R>, R> {
  readonly #options: RuntimeOptions<S, R>;
  readonly #slots = new Map<number, Slot<S, R>>();
  #isStopped = false;

  constructor(options: RuntimeOptions<S, R>) {
    this.#options = options;
  }

  /**
   * Runs `command` on the state of partition `index` and answers its reply once all that it has seen is durable; in the same turn when that
   * is so already. `refusal` says in T that this coordinator cannot answer.
   */
  submit<T>(index: number, command: Command<S, R, T>, refusal: (error: ErrorCode) => T): T | Promise<T> {
    return this.#onShard(index, (shard) => shard.run(command, refusal), refusal);
  }

  /** Like `submit`, for a command whose records belong to a producer's transaction. Refuses also when the partition refuses the producer. */
  submitInTransaction<T>(
    index: number,
    writer: TransactionalWriter,
    command: TransactionalCommand<S, R, T>,
    refusal: (error: ErrorCode) => T,
  ): T | Promise<T> {
    return this.#onShard(index, (shard) => shard.runInTransaction(writer, command, refusal), refusal);
  }

  /** Whether a producer that wants to write to partition `index` in its transaction needs the transaction coordinator's leave first. */
  beginVerification(index: number, wish: VerificationWish): Verification | Promise<Verification> {
    const refusal = (error: ErrorCode): Verification => ({ kind: 'refused', error });
    return this.#onShard<Verification>(index, (shard) => shard.beginVerification(wish), refusal);
  }

  /** A producer's transaction has ended: writes the marker to partition `index` and answers when it is durable. */
  endTransaction(index: number, marker: TransactionMarker): ErrorCode | Promise<ErrorCode> {
    return this.#onShard<ErrorCode>(
      index,
      (shard) => shard.endTransaction(marker),
      (error) => error,
    );
  }

  /** Loads a shard before anyone asks for it, so that its timers run. */
  async load(index: number): Promise<void> {
    if (this.#isStopped) return;
    await (this.#slots.get(index) ?? this.#load(index)).loading;
  }

  /** Loads what the last run has left, until the signal. */
  async loadAll(signal: AbortSignal): Promise<void> {
    for (const index of await this.#options.partitions.withLog()) {
      if (signal.aborted) return;
      await this.load(index);
    }
  }

  /** What `list` finds in all partitions that this broker leads. An error code when some of them cannot be asked now. */
  async collect<T>(list: (state: S, turn: Turn<R>) => readonly T[]): Promise<readonly T[] | ErrorCode> {
    const indexes = new Set([...(await this.#options.partitions.withLog()), ...this.loaded]);
    const refusal = (error: ErrorCode) => error;
    const lists = Array.from(indexes, (index) => this.submit<readonly T[] | ErrorCode>(index, list, refusal));
    const found: (readonly T[])[] = [];
    for (const each of await Promise.all(lists)) {
      if (typeof each !== 'number') found.push(each);
      // Whoever leads the partition now answers for it.
      else if (each !== ErrorCode.NOT_COORDINATOR) return each;
    }
    return found.flat();
  }

  /** The partitions whose state is in memory. */
  get loaded(): readonly number[] {
    return [...this.#slots].filter(([, slot]) => slot.shard !== undefined).map(([index]) => index);
  }

  /** Forgets the state of a partition: it is led elsewhere, or gone. */
  unload(index: number): void {
    const shard = this.#slots.get(index)?.shard;
    this.#slots.delete(index);
    shard?.end(ErrorCode.NOT_COORDINATOR);
  }

  /** Writes what the last turn has appended and takes no further commands. Answers that wait for the disk still come. */
  stop(): void {
    this.#isStopped = true;
    for (const { shard } of this.#slots.values()) {
      shard?.flush();
      shard?.stopTimers();
    }
  }

  /** Tells all who still wait, once the logs are closed. */
  close(): void {
    const slots = [...this.#slots.values()];
    this.#slots.clear();
    for (const { shard } of slots) shard?.end(ErrorCode.COORDINATOR_NOT_AVAILABLE);
  }

  #onShard<T>(
    index: number,
    use: (shard: Shard<S, R>) => T | Promise<T>,
    refusal: (error: ErrorCode) => T,
  ): T | Promise<T> {
    if (this.#isStopped) return refusal(ErrorCode.COORDINATOR_NOT_AVAILABLE);
    const slot = this.#slots.get(index) ?? this.#load(index);
    const { shard } = slot;
    if (shard?.isDetached === true) this.#reattach(index, shard);
    else if (shard !== undefined) return use(shard);
    if (slot.waiting >= limits.coordinatorCommandsWhileLoading) return refusal(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS);
    slot.waiting += 1;
    return slot.loading.then((loaded) => {
      slot.waiting -= 1;
      return loaded instanceof Shard ? use(loaded) : refusal(loaded);
    });
  }

  #load(index: number): Slot<S, R> {
    const { promise, resolve } = Promise.withResolvers<Loaded<S, R>>();
    const slot: Slot<S, R> = { shard: undefined, loading: promise, isReattaching: false, waiting: 0 };
    this.#slots.set(index, slot);
    this.#options.background.run('load a coordinator', async () => {
      let loaded: Loaded<S, R> = ErrorCode.COORDINATOR_NOT_AVAILABLE;
      try {
        loaded = await this.#loadShard(index, slot);
      } catch (error) {
        this.#couldNotLoad(index, error);
      }
      if (loaded instanceof Shard) {
        slot.shard = loaded;
        loaded.start();
      } else this.#forgetLater(index, slot, loaded);
      resolve(loaded);
    });
    return slot;
  }

  async #loadShard(index: number, slot: Slot<S, R>): Promise<Loaded<S, R>> {
    const { env, topic, codec, unasked } = this.#options;
    const log = await this.#options.partitions.open(index);
    if (typeof log === 'number') return coordinatorError(log);
    const startMs = env.clock.monotonicMs();
    const state = this.#options.newState();
    const counts = await replay(log, codec, state);
    // The partition may have been unloaded, or stopped, while its log was read.
    if (this.#slots.get(index) !== slot) return ErrorCode.NOT_COORDINATOR;
    if (log.stopped !== undefined) return coordinatorError(errorOfFault(log.stopped.kind));
    if (counts.applied + counts.skipped > 0) {
      const tookMs = Math.round(env.clock.monotonicMs() - startMs);
      env.logger.debug({ topic, partition: index, ...counts, tookMs }, 'coordinator loaded');
    }
    const shard: Shard<S, R> = new Shard({
      env,
      log,
      state,
      unasked,
      codec,
      onEnd: () => this.#pause(index, shard),
      onDetached: () => this.#reattach(index, shard),
    });
    return shard;
  }

  /** Whoever has closed the log opens it again; with the same records in it, the state stays valid. */
  #reattach(index: number, shard: Shard<S, R>): void {
    const slot = this.#slots.get(index);
    if (this.#isStopped || slot?.shard !== shard || slot.isReattaching) return;
    slot.isReattaching = true;
    const { promise, resolve } = Promise.withResolvers<Loaded<S, R>>();
    slot.loading = promise;
    this.#options.background.run('go on with a coordinator whose log was opened again', async () => {
      let log: CoordinatorLog | ErrorCode = ErrorCode.KAFKA_STORAGE_ERROR;
      try {
        log = await this.#options.partitions.open(index);
      } catch (error) {
        this.#couldNotLoad(index, error);
      }
      slot.isReattaching = false;
      if (typeof log !== 'number' && shard.goOnWith(log)) return resolve(shard);
      const error = typeof log === 'number' ? coordinatorError(log) : ErrorCode.NOT_COORDINATOR;
      shard.end(error);
      resolve(error);
    });
  }

  #couldNotLoad(index: number, error: unknown): void {
    const { env, topic } = this.#options;
    env.logger.error({ err: error, topic, partition: index }, 'a coordinator could not be loaded');
  }

  /** A shard ended by itself. What ended it (a full disk, a command with a bug) is likely to be there still. */
  #pause(index: number, ended: Shard<S, R>): void {
    if (this.#slots.get(index)?.shard !== ended) return;
    const error = ErrorCode.COORDINATOR_NOT_AVAILABLE;
    const slot: Slot<S, R> = { shard: undefined, loading: Promise.resolve(error), isReattaching: false, waiting: 0 };
    this.#slots.set(index, slot);
    this.#forgetLater(index, slot, error);
  }

  /**
   * Without a pause, every command of every client would read a log again that cannot be read. Afterwards it is read unasked, because members whose
   * session ended meanwhile do not ask.
   */
  #forgetLater(index: number, slot: Slot<S, R>, error: ErrorCode): void {
    if (error === ErrorCode.NOT_COORDINATOR) {
      this.#forget(index, slot);
      return;
    }
    this.#options.env.timers.after(limits.coordinatorReloadPauseMs, () => {
      if (this.#isStopped || this.#slots.get(index) !== slot) return;
      this.#forget(index, slot);
      this.#load(index);
    });
  }

  #forget(index: number, slot: Slot<S, R>): void {
    if (this.#slots.get(index) === slot) this.#slots.delete(index);
  }
}

/** What a client of a coordinator is told when the partition behind it cannot be used. */
function coordinatorError(error: ErrorCode): ErrorCode {
  return error === ErrorCode.NOT_LEADER_OR_FOLLOWER ? ErrorCode.NOT_COORDINATOR : ErrorCode.COORDINATOR_NOT_AVAILABLE;
}
