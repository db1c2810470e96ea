/** A stretch of one partition's batches in memory: what retention lets go of at once. */
import { BatchList, type StoredBatch } from '../batch-list.ts';
import type { AbortedTransaction, AppendedBatch } from '../log-engine.ts';
import type { RetainedBytes } from '../retained-bytes.ts';
import type { RollState } from '../segment-roll.ts';

export class MemorySegment implements RollState {
  readonly baseOffset: number;
  readonly createdMs: number;
  readonly rollJitterMs: number;
  readonly indexFull = false;
  readonly batches = new BatchList();
  /** Those whose markers are here. */
  readonly aborted: AbortedTransaction[] = [];
  bytes = 0;
  endOffset: number;
  firstTimestamp = -1;
  maxTimestamp = -1;
  /** The last offset of the first batch that has `maxTimestamp`. */
  offsetOfMaxTimestamp: number;
  #lastAppendMs: number;

  constructor(segment: { baseOffset: number; createdMs: number; rollJitterMs: number }) {
    this.baseOffset = segment.baseOffset;
    this.endOffset = segment.baseOffset;
    this.offsetOfMaxTimestamp = segment.baseOffset;
    this.createdMs = segment.createdMs;
    this.#lastAppendMs = segment.createdMs;
    this.rollJitterMs = segment.rollJitterMs;
  }

  get largestTimestamp(): number {
    return this.maxTimestamp >= 0 ? this.maxTimestamp : this.#lastAppendMs;
  }

  append(batch: AppendedBatch, stored: StoredBatch, nowMs: number): void {
    if (this.bytes === 0) this.firstTimestamp = batch.maxTimestamp;
    this.batches.push(stored);
    this.bytes += stored.bytes.byteLength;
    if (batch.aborted !== undefined) this.aborted.push(batch.aborted);
    this.endOffset = batch.lastOffset + 1;
    this.#lastAppendMs = nowMs;
    if (batch.maxTimestamp > this.maxTimestamp) {
      this.maxTimestamp = batch.maxTimestamp;
      this.offsetOfMaxTimestamp = batch.lastOffset;
    }
  }

  get lastAppendMs(): number {
    return this.#lastAppendMs;
  }

  /** Counts the batches, which were added without being kept. */
  keep(retained: RetainedBytes): void {
    for (let index = this.batches.count; index > 0; index -= 1) {
      const batch = this.batches.shift();
      if (batch !== undefined) this.batches.push({ ...batch, bytes: retained.keep(batch.bytes) });
    }
  }

  release(retained: RetainedBytes): void {
    for (let batch = this.batches.shift(); batch !== undefined; batch = this.batches.shift()) {
      retained.release(batch.bytes);
    }
  }
}
