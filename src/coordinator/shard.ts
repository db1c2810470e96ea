/**
 * The coordinator of one partition, with its state loaded: *decide → append → apply → reply*. Owns the order of commands, the records that
 * wait for the end of the turn, and the replies that wait for the disk. All commands of a turn share one append, but for those in a producer's transaction.
 *
 * A reply never overtakes the disk (invariant I7), and nobody else writes to the log (invariant I8).
 *
 * It never undoes: when an append fails, or a command has a bug, the shard ends for good. Everyone who waits is told, and the runtime
 * makes a new one from the log. A log that was closed in order and is opened again, because it has moved, is still its log.
 */
import { assert } from '../base/assert.ts';
import type { Env } from '../base/env.ts';
import { limits } from '../base/limits.ts';
import type { Appended } from '../partition/append-result.ts';
import type { OffsetWaiter } from '../partition/offset-waiters.ts';
import type { PartitionFault } from '../partition/partition-fault.ts';
import type { TransactionMarker } from '../partition/transaction-marker.ts';
import type { VerificationWish } from '../partition/transaction-verifications.ts';
import { buildBatch, type RecordToBuild } from '../protocol/batch/build.ts';
import { ErrorCode } from '../protocol/error-code.ts';
import type { CoordinatorLog } from './coordinator-log.ts';
import { HeldReplies } from './held-replies.ts';
import { PendingReply } from './pending-reply.ts';
import type { Command, EncodedRecord, RecordCodec, StateMachine, Turn, Unasked } from './state-machine.ts';
import type { TransactionalCommand, TransactionalWriter, Verification } from './transactional-write.ts';
import { WakeUps } from './wake-ups.ts';

export interface ShardOptions<S, R> {
  readonly env: Env;
  readonly log: CoordinatorLog;
  /** With the whole log applied. */
  readonly state: S;
  readonly unasked: Unasked<S, R>;
  readonly codec: RecordCodec<R>;
  /** Called once, when the shard has ended: it must not be used again. */
  readonly onEnd: () => void;
  /** Something is to be done, and the log is closed: `goOnWith` does it. */
  readonly onDetached: () => void;
}

export class Shard<S extends StateMachine<R>, R> implements Turn<R>, OffsetWaiter {
  readonly state: S;
  readonly #env: Env;
  #log: CoordinatorLog;
  readonly #unasked: Unasked<S, R>;
  readonly #codec: RecordCodec<R>;
  readonly #onEnd: () => void;
  readonly #onDetached: () => void;
  readonly #wakeUps: WakeUps;
  readonly #held = new HeldReplies();
  /** Answers that later commands owe. */
  readonly #parked = new Set<{ refuse(error: ErrorCode): void }>();
  /** Answers that the running command gave to others. */
  #given: (() => void)[] = [];
  /** Applied, and not yet in the log. */
  #queued: EncodedRecord[] = [];
  #queuedBytes = 0;
  #flushPlanned = false;
  /** Wake-ups that came while the log was closed. */
  #missed: string[] = [];
  /** The end of the log once the queue has been written. */
  #endOffset: number;
  #ended: ErrorCode | undefined;
  #nowMs = 0;
  #monotonicMs = 0;

  constructor(options: ShardOptions<S, R>) {
    const { env } = options;
    this.state = options.state;
    this.#env = env;
    this.#log = options.log;
    this.#unasked = options.unasked;
    this.#codec = options.codec;
    this.#onEnd = options.onEnd;
    this.#onDetached = options.onDetached;
    this.#endOffset = options.log.logEndOffset;
    this.#wakeUps = new WakeUps({
      clock: env.clock,
      timers: env.timers,
      onWake: (key) => this.#wake(key),
    });
  }

  /** The place to ask for the first wake-ups. Before the first command. */
  start(): void {
    this.#runUnasked((state, turn) => this.#unasked.onLoaded(state, turn));
  }

  /** The log was closed in order: no command may be run until it is open again. */
  get isDetached(): boolean {
    return this.#ended === undefined && this.#log.stopped?.kind === 'closed';
  }

  /** The log is open again, maybe elsewhere. False when it may have other records than before: then the state is not that of the log any more. */
  goOnWith(log: CoordinatorLog): boolean {
    if (!this.isDetached || !this.#log.isClosedInOrder || log.stopped !== undefined) return false;
    if (log.leaderEpoch !== this.#log.leaderEpoch) return false;
    // Invariant I8.
    if (log.logEndOffset + this.#queued.length !== this.#endOffset) return false;
    this.#log = log;
    this.flush();
    for (const key of this.#missed.splice(0)) this.#wake(key);
    return true;
  }

  /** The reply at once when all that the command has seen is durable, else a promise. `refusal` says in T that there is no answer. */
  run<T>(command: Command<S, R, T>, refusal: (error: ErrorCode) => T): T | Promise<T> {
    const ended = this.#checkEnd();
    if (ended !== undefined) return refusal(ended);
    const reply = this.#decide(command);
    if (reply === failed) return refusal(ErrorCode.UNKNOWN_SERVER_ERROR);
    const answer = reply instanceof PendingReply ? this.#park(reply, refusal) : this.#hold(reply, refusal);
    this.#endTurn();
    return answer;
  }

  /** Like `run`, for a command whose records belong to the transaction of `writer`. When the log refuses it, nothing has happened. */
  runInTransaction<T>(
    writer: TransactionalWriter,
    command: TransactionalCommand<S, R, T>,
    refusal: (error: ErrorCode) => T,
  ): T | Promise<T> {
    const ended = this.#writeQueue();
    if (ended !== undefined) return refusal(ended);
    const decision = this.#decide(command);
    if (decision === failed) return refusal(ErrorCode.UNKNOWN_SERVER_ERROR);
    const { records, reply } = decision;
    const error = records.length === 0 ? ErrorCode.NONE : this.#appendInTransaction(writer, records);
    return this.#hold(error === ErrorCode.NONE ? reply : refusal(error), refusal);
  }

  /** Whether `wish` needs the transaction coordinator's leave. */
  beginVerification(wish: VerificationWish): Verification {
    const error = this.#checkEnd();
    if (error !== undefined) return { kind: 'refused', error };
    const guard = this.#log.beginVerification(wish);
    return guard === undefined ? { kind: 'open' } : { kind: 'needed', guard };
  }

  /** Ends a producer's transaction here, in the log and in the state. Answered when the marker is durable. */
  endTransaction(marker: TransactionMarker): ErrorCode | Promise<ErrorCode> {
    const ended = this.#writeQueue();
    if (ended !== undefined) return ended;
    const result = this.#log.appendMarker(marker);
    if (result.kind === 'appended') {
      this.#written(result);
      this.state.applyTransactionEnd(marker.producerId, marker.outcome);
    }
    return this.#hold(result.kind === 'refused' ? result.error : ErrorCode.NONE, (error) => error);
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  get monotonicMs(): number {
    return this.#monotonicMs;
  }

  append(record: R): void {
    const offset = this.#endOffset;
    const encoded = this.#codec.encode(record);
    this.#queued.push(encoded);
    this.#queuedBytes += encoded.key.length + (encoded.value?.length ?? 0);
    this.#endOffset += 1;
    this.state.apply(record, { offset, producerId: -1 });
    this.#planFlush();
  }

  reply<T>(pending: PendingReply<T>, value: T): void {
    this.#given.push(() => {
      this.#parked.delete(pending);
      if (this.#isDurable()) pending.resolve(value);
      else
        this.#held.add(this.#endOffset, {
          deliver: () => pending.resolve(value),
          refuse: (error) => pending.refuse(error),
        });
    });
  }

  wakeAt(key: string, atMs: number): void {
    this.#wakeUps.wakeAt(key, atMs);
  }

  /** The log has what was appended up to the offset `token`, or it never will. */
  settle(token: number, fault: PartitionFault | undefined): void {
    if (this.#ended !== undefined) return;
    if (fault === undefined) this.#held.release(token + 1);
    else this.end(ErrorCode.NOT_COORDINATOR);
  }

  /** Writes what the turn has appended. The runtime calls it before an orderly stop; else the turn's end does. */
  flush(): void {
    this.#flushPlanned = false;
    if (this.#ended !== undefined || this.#queued.length === 0) return;
    if (this.isDetached) {
      this.#onDetached();
      return;
    }
    this.#checkOnlyWriter();
    const records = this.#queued;
    if (records.length === 0) return;
    this.#queued = [];
    this.#queuedBytes = 0;
    const { leaderEpoch } = this.#log;
    const batch = buildBatch({ records: this.#stamped(records) });
    const result = this.#log.appendInternal(batch, leaderEpoch);
    if (result.kind === 'refused') {
      this.#env.logger.warn({ error: result.error, records: records.length }, 'a coordinator could not write');
      this.end(ErrorCode.NOT_COORDINATOR);
      return;
    }
    this.#written(result);
  }

  /** No wake-up comes any more: the broker stops. */
  stopTimers(): void {
    this.#wakeUps.cancelAll();
  }

  /** Forgets the state and tells all who wait. */
  end(error: ErrorCode): void {
    if (this.#ended !== undefined) return;
    this.#ended = error;
    this.#wakeUps.cancelAll();
    this.#queued = [];
    this.#missed = [];
    this.#given = [];
    this.#held.refuseAll(error);
    const parked = [...this.#parked];
    this.#parked.clear();
    for (const reply of parked) reply.refuse(error);
    this.#onEnd();
  }

  #wake(key: string): void {
    if (this.isDetached) {
      this.#missed.push(key);
      this.#onDetached();
    } else {
      this.#runUnasked((state, turn) => this.#unasked.onWake(state, turn, key));
    }
  }

  /** A command that nobody waits for. */
  #runUnasked(command: (state: S, turn: Turn<R>) => void): void {
    if (this.#checkEnd() !== undefined) return;
    if (this.#decide(command) !== failed) this.#endTurn();
  }

  /** Why this shard must not be used any more; undefined while it may. */
  #checkEnd(): ErrorCode | undefined {
    if (this.#log.stopped !== undefined) this.end(ErrorCode.NOT_COORDINATOR);
    else if (this.#ended === undefined) this.#checkOnlyWriter();
    return this.#ended;
  }

  /** Someone else who has written to this partition moved its end: what is durable, and at which offsets, cannot be told any more (invariant I8). */
  #checkOnlyWriter(): void {
    const { logEndOffset } = this.#log;
    if (logEndOffset + this.#queued.length === this.#endOffset) return;
    this.#env.logger.error({ logEndOffset }, 'a coordinator is not the only writer of its log');
    this.end(ErrorCode.NOT_COORDINATOR);
  }

  /** What was decided before has its place in the log before what comes now, and the partition knows its producers. */
  #writeQueue(): ErrorCode | undefined {
    if (this.#checkEnd() === undefined) this.flush();
    return this.#ended;
  }

  #appendInTransaction({ producerId, producerEpoch, guard }: TransactionalWriter, records: readonly R[]): ErrorCode {
    const batch = buildBatch({
      records: this.#stamped(records.map((record) => this.#codec.encode(record))),
      producerId,
      producerEpoch,
      isTransactional: true,
    });
    const result = this.#log.appendInternal(batch, this.#log.leaderEpoch, guard);
    if (result.kind === 'refused') return result.error;
    this.#written(result);
    for (const [index, record] of records.entries()) {
      this.state.apply(record, { offset: result.baseOffset + index, producerId });
    }
    return ErrorCode.NONE;
  }

  /** The log has taken a batch. Those who wait for it are told when it is durable. */
  #written({ lastOffset }: Appended): void {
    this.#endOffset = lastOffset + 1;
    const waits = this.#log.waitUntilCommitted(lastOffset, this, lastOffset);
    if (!waits) this.#held.release(lastOffset + 1);
  }

  #stamped(records: readonly EncodedRecord[]): readonly RecordToBuild[] {
    const timestamp = this.#env.clock.now();
    return records.map(({ key, value }) => ({ timestamp, key, value }));
  }

  #park<T>(reply: PendingReply<T>, refusal: (error: ErrorCode) => T): Promise<T> {
    reply.refusal = refusal;
    this.#parked.add(reply);
    return reply.promise;
  }

  #hold<T>(reply: T, refusal: (error: ErrorCode) => T): T | Promise<T> {
    if (this.#isDurable()) return reply;
    return new Promise((resolve) => {
      this.#held.add(this.#endOffset, {
        deliver: () => resolve(reply),
        refuse: (error) => resolve(refusal(error)),
      });
    });
  }

  #decide<D>(command: (state: S, turn: Turn<R>) => D): D | typeof failed {
    assert(this.#given.length === 0, 'a command ran inside another');
    this.#nowMs = this.#env.clock.now();
    this.#monotonicMs = this.#env.clock.monotonicMs();
    try {
      return command(this.state, this);
    } catch (error) {
      this.#env.logger.error({ err: error }, 'a coordinator command failed; its state is dropped and replayed');
      this.end(ErrorCode.NOT_COORDINATOR);
      return failed;
    }
  }

  /** Lets the answers that the command gave to others wait for the disk as well, or go. */
  #endTurn(): void {
    const given = this.#given;
    if (given.length > 0) {
      this.#given = [];
      for (const hold of given) hold();
    }
    if (this.#queuedBytes >= limits.coordinatorBatchBytes) this.flush();
  }

  #planFlush(): void {
    if (this.#flushPlanned) return;
    this.#flushPlanned = true;
    this.#env.timers.soon(() => this.flush());
  }

  #isDurable(): boolean {
    return this.#log.highWatermark >= this.#endOffset;
  }
}

/** A command threw; the shard has ended. */
const failed = Symbol('failed');
