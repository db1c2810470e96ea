/**
 * How many bytes lie between the high watermark and the end of the log, batch by batch: what tells a waiting fetch how much it may now
 * read without reading it, and a connection that it sends faster than the disk takes.
 */
import { LinkedQueue } from '../base/linked-queue.ts';

interface UncommittedBatch {
  readonly endOffset: number;
  readonly bytes: number;
  next: UncommittedBatch | undefined;
}

export class UncommittedBytes {
  readonly #batches = new LinkedQueue<UncommittedBatch>();
  #total = 0;

  get total(): number {
    return this.#total;
  }

  add(endOffset: number, bytes: number): void {
    this.#batches.push({ endOffset, bytes, next: undefined });
    this.#total += bytes;
  }

  /** Takes out the batches that end at or below `position`; answers their bytes. */
  take(position: number): number {
    let taken = 0;
    for (let first = this.#batches.first; first !== undefined && first.endOffset <= position; ) {
      taken += first.bytes;
      this.#batches.shift();
      first = this.#batches.first;
    }
    this.#total -= taken;
    return taken;
  }
}
