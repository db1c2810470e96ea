/**
 * The coordinator of one partition, with its state loaded: *decide → append → apply → reply*. Owns the order of commands, the records that
 * wait for the end of the turn, and the replies that wait for the disk. All commands of a turn share one append.
 *
 * A reply never overtakes the disk (invariant I7), and nobody else writes to the log (invariant I8).
 *
 * It never undoes: when an append fails, or a command has a bug, the shard ends for good. Everyone who waits is told, and the runtime
 * makes a new one from the log.
 */
import { assert } from '../base/assert.ts';
import type { Env } from '../base/env.ts';
import { limits } from '../base/limits.ts';
import type { OffsetWaiter } from '../partition/offset-waiters.ts';
import type { PartitionFault } from '../partition/partition-fault.ts';
import { buildBatch } from '../protocol/batch/build.ts';
import { ErrorCode } from '../protocol/error-code.ts';
import type { CoordinatorLog } from './coordinator-log.ts';
import { HeldReplies } from './held-replies.ts';
import { PendingReply } from './pending-reply.ts';
import type { Command, EncodedRecord, RecordCodec, StateMachine, Turn } from './state-machine.ts';
import { WakeUps } from './wake-ups.ts';

export interface ShardOptions<S, R> {
  readonly env: Env;
  readonly log: CoordinatorLog;
  /** With the whole log applied. */
  readonly state: S;
  readonly codec: RecordCodec<R>;
  /** Called once, when the shard has ended: it must not be used again. */
  readonly onEnd: () => void;
}

export class Shard<S extends StateMachine<R>, R> implements Turn<R>, OffsetWaiter {
  readonly state: S;
  readonly #env: Env;
  readonly #log: CoordinatorLog;
  readonly #codec: RecordCodec<R>;
  readonly #onEnd: () => void;
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
    this.#codec = options.codec;
    this.#onEnd = options.onEnd;
    this.#endOffset = options.log.logEndOffset;
    this.#wakeUps = new WakeUps({
      clock: env.clock,
      timers: env.timers,
      onWake: (key) => this.#runUnasked((state, turn) => state.onWake(key, turn)),
    });
  }

  /** Lets the state ask for its first wake-ups. Before the first command. */
  start(): void {
    this.#runUnasked((state, turn) => state.onLoaded(turn));
  }

  /** The reply at once when all that the command has seen is durable, else a promise. `refusal` says in T that there is no answer. */
  run<T>(command: Command<S, R, T>, refusal: (error: ErrorCode) => T): T | Promise<T> {
    if (this.#log.stopped !== undefined) this.end(ErrorCode.NOT_COORDINATOR);
    if (this.#ended !== undefined) return refusal(this.#ended);
    const reply = this.#decide(command);
    if (reply === failed) return refusal(ErrorCode.UNKNOWN_SERVER_ERROR);
    const answer = reply instanceof PendingReply ? this.#park(reply, refusal) : this.#hold(reply, refusal);
    this.#endTurn();
    return answer;
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
    const records = this.#queued;
    this.#queued = [];
    this.#queuedBytes = 0;
    const { leaderEpoch, logEndOffset } = this.#log;
    if (logEndOffset + records.length !== this.#endOffset) {
      // Someone else has written to this partition: the offsets that the records were applied with are wrong.
      this.#env.logger.error({ logEndOffset }, 'a coordinator is not the only writer of its log');
      this.end(ErrorCode.NOT_COORDINATOR);
      return;
    }
    const timestamp = this.#env.clock.now();
    const batch = buildBatch({ records: records.map(({ key, value }) => ({ timestamp, key, value })) });
    const result = this.#log.appendInternal(batch, leaderEpoch);
    if (result.kind === 'refused') {
      this.#env.logger.warn({ error: result.error, records: records.length }, 'a coordinator could not write');
      this.end(ErrorCode.NOT_COORDINATOR);
      return;
    }
    const waits = this.#log.waitUntilCommitted(result.lastOffset, this, result.lastOffset);
    if (!waits) this.#held.release(result.lastOffset + 1);
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
    this.#given = [];
    this.#held.refuseAll(error);
    const parked = [...this.#parked];
    this.#parked.clear();
    for (const reply of parked) reply.refuse(error);
    this.#onEnd();
  }

  /** A command that nobody waits for: a timer's, or the state's own. */
  #runUnasked(command: (state: S, turn: Turn<R>) => void): void {
    if (this.#ended !== undefined) return;
    if (this.#decide(command) !== failed) this.#endTurn();
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

  #decide<T>(command: Command<S, R, T>): T | PendingReply<T> | typeof failed {
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
