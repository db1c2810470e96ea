/** Batches in memory, in the order of their offsets: added at the end, taken from the front, found by offset, handed out as slices. */
import { JoinedParts } from './joined-parts.ts';
import type { LogRead, LogSlice } from './log-engine.ts';

export interface StoredBatch {
  readonly bytes: Uint8Array;
  readonly lastOffset: number;
}

/** Taken items are cut off the array when there are this many, so that taking costs nothing on average. */
const COMPACT_AFTER = 64;

export class BatchList<Batch extends StoredBatch = StoredBatch> {
  #items: Batch[] = [];
  /** Where the list begins; what lies before is taken. */
  #head = 0;

  get count(): number {
    return this.#items.length - this.#head;
  }

  get first(): Batch | undefined {
    return this.#items[this.#head];
  }

  at(index: number): Batch | undefined {
    return this.#items[this.#head + index];
  }

  push(batch: Batch): void {
    this.#items.push(batch);
  }

  shift(): Batch | undefined {
    const first = this.#items[this.#head];
    if (first === undefined) return undefined;
    this.#head += 1;
    if (this.#head === this.#items.length) {
      this.#items = [];
      this.#head = 0;
    } else if (this.#head >= COMPACT_AFTER && this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return first;
  }

  /** The index of the first batch that ends at or after `offset`; `count` when there is none. Looks at few batches when it is near the end, as it mostly is. */
  indexOf(offset: number): number {
    let high = this.#items.length;
    let low = high;
    for (let step = 1; low > this.#head; step *= 2) {
      low = Math.max(this.#head, low - step);
      if (this.#endsBefore(low, offset)) {
        low += 1;
        break;
      }
      high = low;
    }
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#endsBefore(middle, offset)) low = middle + 1;
      else high = middle;
    }
    return low - this.#head;
  }

  #endsBefore(place: number, offset: number): boolean {
    return (this.#items[place]?.lastOffset ?? 0) < offset;
  }

  /** What `read` asks for, from the batch at `index` on, which is the one that `indexOf` finds. Neighbours in one buffer come as one part. */
  slice(read: LogRead, index = this.indexOf(read.offset)): LogSlice {
    const parts = new JoinedParts();
    let bytes = 0;
    let nextOffset = read.offset;
    for (let place = this.#head + index; place < this.#items.length; place += 1) {
      const batch = this.#items[place];
      if (batch === undefined || batch.lastOffset >= read.endOffset) break;
      if (bytes + batch.bytes.byteLength > read.bytesMax && !(bytes === 0 && read.atLeastOneBatch)) break;
      parts.add(batch.bytes);
      bytes += batch.bytes.byteLength;
      nextOffset = batch.lastOffset + 1;
    }
    return { parts: parts.take(), bytes, nextOffset };
  }
}
