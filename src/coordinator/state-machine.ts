/**
 * What the runtime and a coordinator's state promise each other. A coordinator (groups now, transactions and share groups later) is a
 * state that changes by records, and commands that look at it, asked for or not. It knows no log, no timers and no promises.
 */
import type { TransactionOutcome } from '../partition/transaction-marker.ts';
import type { PendingReply } from './pending-reply.ts';

/** State that is rebuilt by applying the same records again. `R` is the union of its records, already decoded. */
export interface StateMachine<R> {
  /**
   * Changes the state by one record: when a command appends it, and when the log is replayed. Must not fail, and must lead to the same
   * persistent state both times.
   */
  apply(record: R, position: RecordPosition): void;
  /** A transaction that wrote records here has ended (a control batch). */
  applyTransactionEnd(producerId: number, outcome: TransactionOutcome): void;
}

/** What a coordinator decides although nobody asks. Runs as a command does. */
export interface Unasked<S, R> {
  /** The whole log has been applied and the first commands may come: the place to ask for wake-ups. */
  onLoaded(state: S, turn: Turn<R>): void;
  /** The time that a `wakeAt` asked for has come. */
  onWake(state: S, turn: Turn<R>, key: string): void;
}

export interface RecordPosition {
  readonly offset: number;
  /** -1 outside of a transaction. */
  readonly producerId: number;
}

/** How a coordinator's records look in the log. */
export interface RecordCodec<R> {
  encode(record: R): EncodedRecord;
  /** Undefined for a kind of record that this version does not know; it is skipped. Must copy the bytes that it keeps. */
  decode(key: Uint8Array, value: Uint8Array | null): R | undefined;
}

export interface EncodedRecord {
  readonly key: Uint8Array;
  /** Null deletes what was written under the key. */
  readonly value: Uint8Array | null;
}

/** What a command may do beside looking at the state. Valid while the command runs. */
export interface Turn<R> {
  /** Wall-clock milliseconds: for what is written down. */
  readonly nowMs: number;
  /** Milliseconds that never go back: for deadlines. */
  readonly monotonicMs: number;
  /** Queues the record for the log and applies it at once. */
  append(record: R): void;
  /** Answers a command of earlier, or of this turn. It leaves when all that this turn has seen is durable. */
  reply<T>(pending: PendingReply<T>, value: T): void;
  /** Has `onWake(key)` called at `atMs` (monotonic) or soon after. A wake-up that is due earlier stays and covers this one. */
  wakeAt(key: string, atMs: number): void;
}

/** Runs without interruption. A `PendingReply` is answered by a later command. A throw is a bug: the state is dropped and replayed. */
export type Command<S, R, T> = (state: S, turn: Turn<R>) => T | PendingReply<T>;
