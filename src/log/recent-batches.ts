/**
 * The newest batches of all logs of an engine, so that readers who keep up need no file. Owns the bound on what they hold in memory and the
 * order in which they leave: the oldest of all first. A batch that is not written yet never leaves, because it is nowhere else; then its owner is told that
 * its room is wanted.
 */
import { baseOffset } from '../protocol/batch/header.ts';
import { BatchList, type StoredBatch } from './batch-list.ts';
import type { LogRead, LogSlice } from './log-engine.ts';
import { RetainedBytes } from './retained-bytes.ts';

/** The newest batches of one log. */
export class RecentTail {
  readonly batches = new BatchList();
  /** Batches that end below are in the file, too. */
  writtenOffset = 0;
  /** The log is closed. */
  dropped = false;

  /** What `read` asks for; undefined when the batch that contains its offset is not here any more. */
  read(read: LogRead): LogSlice | undefined {
    const index = this.#indexOf(read.offset);
    return index === undefined ? undefined : this.batches.slice(read, index);
  }

  /** All batches from the one that contains `offset` on; false, and none, when that one is not here any more. */
  visit(offset: number, visit: (batch: Uint8Array) => void): boolean {
    const index = this.#indexOf(offset);
    if (index === undefined) return false;
    for (let at = index, batch = this.batches.at(at); batch !== undefined; batch = this.batches.at(++at))
      visit(batch.bytes);
    return true;
  }

  #indexOf(offset: number): number | undefined {
    const { batches } = this;
    const index = batches.indexOf(offset);
    // Only the first may begin behind the offset: any other follows one that ends before it.
    if (index === 0 && (batches.first === undefined || offset < baseOffset(batches.first.bytes))) return undefined;
    return index;
  }
}

const COMPACT_AFTER = 1024;

export class RecentBatches {
  readonly #retained = new RetainedBytes();
  readonly #bytesMax: number;
  readonly #onUnwritten: () => void;
  /** Whose batch comes next, oldest first; a log that was dropped has none left. */
  #order: RecentTail[] = [];
  #head = 0;
  /** Places in the order that belong to logs that were dropped. */
  #stale = 0;

  /** `onUnwritten`: the oldest batch would have to leave, and is not written. Called with every batch that is added meanwhile. */
  constructor(bytesMax: number, onUnwritten: () => void) {
    this.#bytesMax = bytesMax;
    this.#onUnwritten = onUnwritten;
  }

  get bytes(): number {
    return this.#retained.total;
  }

  /** Answers the batch as it is kept: the caller may let go of the buffer that it came in. */
  add(tail: RecentTail, bytes: Uint8Array, lastOffset: number): StoredBatch {
    const stored = { bytes: this.#retained.keep(bytes), lastOffset };
    tail.batches.push(stored);
    this.#order.push(tail);
    if (this.#retained.total > this.#bytesMax) this.#makeRoom();
    return stored;
  }

  /** Files have something else than these batches below `offset`: they leave. */
  dropBelow(tail: RecentTail, offset: number): void {
    let dropped = 0;
    for (let first = tail.batches.first; first !== undefined && first.lastOffset < offset; first = tail.batches.first) {
      tail.batches.shift();
      this.#retained.release(first.bytes);
      dropped += 1;
    }
    if (dropped === 0) return;
    const forget = (other: RecentTail): boolean => {
      if (other !== tail || dropped === 0) return true;
      dropped -= 1;
      return false;
    };
    this.#order = this.#order.slice(this.#head).filter(forget);
    this.#head = 0;
  }

  /** The log is closed: its batches leave. */
  drop(tail: RecentTail): void {
    tail.dropped = true;
    this.#stale += tail.batches.count;
    for (let batch = tail.batches.shift(); batch !== undefined; batch = tail.batches.shift()) {
      this.#retained.release(batch.bytes);
    }
    if (this.#stale >= COMPACT_AFTER && this.#stale * 2 >= this.#order.length) {
      this.#order = this.#order.slice(this.#head).filter((other) => !other.dropped);
      this.#head = 0;
      this.#stale = 0;
    }
  }

  #makeRoom(): void {
    while (this.#retained.total > this.#bytesMax) {
      const tail = this.#order[this.#head];
      if (tail === undefined) break;
      const oldest = tail.batches.first;
      if (oldest === undefined) {
        this.#stale -= 1;
      } else {
        if (oldest.lastOffset >= tail.writtenOffset) {
          this.#onUnwritten();
          break;
        }
        tail.batches.shift();
        this.#retained.release(oldest.bytes);
      }
      this.#head += 1;
    }
    if (this.#head >= COMPACT_AFTER && this.#head * 2 >= this.#order.length) {
      this.#order = this.#order.slice(this.#head);
      this.#head = 0;
    }
  }
}
