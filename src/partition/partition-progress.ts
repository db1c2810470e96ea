/**
 * How far a partition's log is written, acknowledged and free of open transactions, and everybody who waits for that. Owns the four positions and moves them in one
 * place; each waiter and listener is told there. It never asks the log: the partition says how far it has come.
 */
import { assert } from '../base/assert.ts';
import { type OffsetWaiter, OffsetWaiters } from './offset-waiters.ts';
import type { PartitionFault } from './partition-fault.ts';
import { UncommittedBytes } from './uncommitted-bytes.ts';
import type { UnstableTransactions } from './unstable-transactions.ts';

/** Told whenever there may be more to read: waiting fetches and fetch sessions. */
export interface ProgressListener {
  /** The high watermark, the last stable offset or the log start moved, or the partition stopped. Must not throw, and must not append. */
  onProgress(progress: ReadableBytes): void;
}

/** How many bytes came below the high watermark, and below the last stable offset. */
export interface ReadableBytes {
  readonly uncommitted: number;
  readonly committed: number;
}

export interface LogPositions {
  readonly startOffset: number;
  /** Below it the operating system has everything. */
  readonly writtenOffset: number;
  /** Below it everything is as durable as the topic's settings ask for. */
  readonly committedOffset: number;
}

const nothing: ReadableBytes = { uncommitted: 0, committed: 0 };

export class PartitionProgress {
  readonly #transactions: UnstableTransactions;
  readonly #uncommitted = new UncommittedBytes();
  readonly #committedWaiters = new OffsetWaiters();
  readonly #writtenWaiters = new OffsetWaiters();
  /** Made when somebody listens: most partitions of an idle broker have no listener. */
  #listeners: Set<ProgressListener> | undefined;
  #startOffset: number;
  #endOffset: number;
  #writtenOffset: number;
  #highWatermark: number;
  #lastStableOffset: number;
  /** Bytes of the log, as far as they were counted: what lies below one of its offsets is told from the difference. */
  #appendedBytes: number;
  #stableBytes: number;

  /** Opening has read back and kept all that the log holds, so a leader begins with all of it acknowledged. */
  constructor(log: { startOffset: number; endOffset: number; bytes: number }, transactions: UnstableTransactions) {
    this.#transactions = transactions;
    this.#startOffset = log.startOffset;
    this.#endOffset = log.endOffset;
    this.#writtenOffset = log.endOffset;
    this.#highWatermark = log.endOffset;
    this.#lastStableOffset = this.#firstUnstableOffset() ?? log.endOffset;
    this.#appendedBytes = log.bytes;
    this.#stableBytes = transactions.bytesBefore ?? log.bytes;
  }

  get startOffset(): number {
    return this.#startOffset;
  }

  get highWatermark(): number {
    return this.#highWatermark;
  }

  get lastStableOffset(): number {
    return this.#lastStableOffset;
  }

  get appendedBytes(): number {
    return this.#appendedBytes;
  }

  get uncommittedBytes(): number {
    return this.#uncommitted.total;
  }

  /** The log ends at `endOffset` now, after another batch of `bytes`. */
  appended(endOffset: number, bytes: number): void {
    this.#endOffset = endOffset;
    this.#appendedBytes += bytes;
    this.#uncommitted.add(endOffset, bytes);
  }

  /** The one place where positions move and acknowledgements are given (invariant I1). What is behind a position is passed over. */
  advance({ startOffset, writtenOffset, committedOffset }: LogPositions): void {
    if (writtenOffset > this.#writtenOffset) {
      this.#writtenOffset = writtenOffset;
      this.#writtenWaiters.release(writtenOffset);
    }
    const isCommitted = committedOffset > this.#highWatermark;
    if (!isCommitted && startOffset === this.#startOffset) return;
    this.#startOffset = startOffset;
    const uncommitted = isCommitted ? this.#commit(committedOffset) : 0;
    const committed = this.#advanceStable();
    if (isCommitted) this.#committedWaiters.release(committedOffset);
    this.#tellListeners({ uncommitted, committed });
  }

  /** Whoever waits, waits in vain; listeners find out that the partition has stopped. */
  fail(fault: PartitionFault): void {
    this.#writtenWaiters.fail(fault);
    this.#committedWaiters.fail(fault);
    this.#tellListeners(nothing);
  }

  /** Tells `waiter` when the high watermark has passed the batch that ends at `lastOffset`. False: it has, nothing will be told. */
  waitUntilCommitted(lastOffset: number, waiter: OffsetWaiter, token: number): boolean {
    if (lastOffset < this.#highWatermark) return false;
    this.#committedWaiters.add(lastOffset + 1, waiter, token);
    return true;
  }

  /** Like `waitUntilCommitted`, for bytes that the operating system has. */
  waitUntilWritten(lastOffset: number, waiter: OffsetWaiter, token: number): boolean {
    if (lastOffset < this.#writtenOffset) return false;
    this.#writtenWaiters.add(lastOffset + 1, waiter, token);
    return true;
  }

  /** Calls `listener` from now on, until it is removed. A listener that is there already is kept once. */
  addListener(listener: ProgressListener): void {
    this.#listeners ??= new Set();
    this.#listeners.add(listener);
  }

  removeListener(listener: ProgressListener): void {
    this.#listeners?.delete(listener);
  }

  /** Answers how many bytes came below the high watermark. */
  #commit(offset: number): number {
    assert(offset <= this.#endOffset, 'more is durable than was appended', { offset });
    this.#highWatermark = offset;
    this.#transactions.release(offset);
    return this.#uncommitted.take(offset);
  }

  /** Moves the last stable offset to where the first transaction holds it back (invariant I15). Answers how many bytes came below it. */
  #advanceStable(): number {
    const unstable = this.#firstUnstableOffset();
    const isHeldBack = unstable !== undefined && unstable < this.#highWatermark;
    const offset = isHeldBack ? unstable : this.#highWatermark;
    assert(offset >= this.#lastStableOffset, 'the last stable offset goes back', { offset });
    this.#lastStableOffset = offset;
    const committedBytes = this.#appendedBytes - this.#uncommitted.total;
    const stableBytes = isHeldBack ? (this.#transactions.bytesBefore ?? committedBytes) : committedBytes;
    const bytes = Math.max(0, stableBytes - this.#stableBytes);
    this.#stableBytes += bytes;
    return bytes;
  }

  /** Undefined when no transaction holds anything back. What was deleted below the log start does not either. */
  #firstUnstableOffset(): number | undefined {
    const offset = this.#transactions.firstOffset;
    return offset === undefined ? undefined : Math.max(offset, this.#startOffset);
  }

  #tellListeners(progress: ReadableBytes): void {
    if (this.#listeners === undefined) return;
    for (const listener of this.#listeners) listener.onProgress(progress);
  }
}
