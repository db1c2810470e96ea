/**
 * Compares the two indexes of a segment with its batches while these go by, in one pass: every entry must lead to its batch, and both columns must rise.
 * Kafka's own sanity check looks at the last entry only. Owns the place in the index; reports, and never mends.
 */
import { readInt64, readUint32 } from '../../../base/big-endian.ts';
import { baseOffset, lastOffset, maxTimestamp } from '../../../protocol/batch/header.ts';
import { maxTimestampOfRecords } from '../../appended-batch.ts';
import { OFFSET_ENTRY_BYTES } from '../offset-index.ts';
import { TIME_ENTRY_BYTES } from '../time-index.ts';
import type { FaultList } from './fault.ts';

export interface IndexFile {
  /** For messages. */
  readonly file: string;
  readonly bytes: Uint8Array;
  readonly baseOffset: number;
  /** The segment takes appends. */
  readonly mayBePadded: boolean;
  /** A crash may have cut short what was being written. */
  readonly mayBeTorn: boolean;
}

export class OffsetIndexCheck {
  readonly #index: IndexFile;
  readonly #faults: FaultList;
  readonly #end: number;
  #at = 0;
  #lastOffset: number;
  #lastPosition = -1;

  constructor(index: IndexFile, faults: FaultList) {
    this.#index = index;
    this.#faults = faults;
    this.#lastOffset = index.baseOffset - 1;
    this.#end = entriesEnd(index, OFFSET_ENTRY_BYTES, faults);
  }

  onBatch(batch: Uint8Array, position: number): void {
    while (this.#at < this.#end && readUint32(this.#index.bytes, this.#at + 4) <= position) {
      const offset = this.#nextOffset();
      if (readUint32(this.#index.bytes, this.#at + 4) !== position) this.#report('leads to no batch', offset);
      else if (offset !== lastOffset(batch)) this.#report('leads to a batch that ends elsewhere', offset);
      this.#advance();
    }
  }

  /** The log has no more batches. */
  finish(): void {
    for (; this.#at < this.#end; this.#advance()) this.#report('leads beyond the last batch', this.#nextOffset());
  }

  #nextOffset(): number {
    return this.#index.baseOffset + readUint32(this.#index.bytes, this.#at);
  }

  #advance(): void {
    const offset = this.#nextOffset();
    const position = readUint32(this.#index.bytes, this.#at + 4);
    if (offset <= this.#lastOffset || position <= this.#lastPosition)
      this.#report('does not rise above the one before', offset);
    this.#lastOffset = offset;
    this.#lastPosition = position;
    this.#at += OFFSET_ENTRY_BYTES;
  }

  #report(problem: string, offset: number): void {
    this.#faults.derived(this.#index.file, `an entry of the index ${problem}`, { position: this.#at, offset });
  }
}

export class TimeIndexCheck {
  readonly #index: IndexFile;
  readonly #faults: FaultList;
  readonly #end: number;
  #at = 0;
  #lastTimestamp = -1;
  #lastOffset: number;
  /** Of the records that went by. */
  #largest = -1;

  constructor(index: IndexFile, faults: FaultList) {
    this.#index = index;
    this.#faults = faults;
    this.#lastOffset = index.baseOffset - 1;
    this.#end = entriesEnd(index, TIME_ENTRY_BYTES, faults);
  }

  onBatch(batch: Uint8Array): void {
    this.#largest = Math.max(this.#largest, maxTimestampOfRecords(batch));
    while (this.#at < this.#end && this.#nextOffset() <= lastOffset(batch)) {
      const offset = this.#nextOffset();
      if (offset < baseOffset(batch)) this.#report('leads to no batch', offset);
      else if (readInt64(this.#index.bytes, this.#at) !== maxTimestamp(batch))
        this.#report('has not the timestamp of its batch', offset);
      else if (this.#largest > maxTimestamp(batch))
        this.#report('is below a timestamp that comes earlier in the log', offset);
      this.#advance();
    }
  }

  /** `isComplete`: no batch comes any more, so the last entry must have the largest timestamp. */
  finish(isComplete: boolean): void {
    for (; this.#at < this.#end; this.#advance()) this.#report('leads beyond the last batch', this.#nextOffset());
    if (isComplete && this.#lastTimestamp < this.#largest) {
      this.#faults.derived(
        this.#index.file,
        `the index ends at ${this.#lastTimestamp}, the segment at ${this.#largest}: searches by time miss records`,
      );
    }
  }

  #nextOffset(): number {
    return this.#index.baseOffset + readUint32(this.#index.bytes, this.#at + 8);
  }

  #advance(): void {
    const timestamp = readInt64(this.#index.bytes, this.#at);
    const offset = this.#nextOffset();
    if (timestamp <= this.#lastTimestamp || offset <= this.#lastOffset)
      this.#report('does not rise above the one before', offset);
    this.#lastTimestamp = Math.max(timestamp, this.#lastTimestamp);
    this.#lastOffset = offset;
    this.#at += TIME_ENTRY_BYTES;
  }

  #report(problem: string, offset: number): void {
    this.#faults.derived(this.#index.file, `an entry of the index ${problem}`, { position: this.#at, offset });
  }
}

/** Where the entries end. Kafka makes the file of a segment in use as large as it may become: what follows the entries is zeros then. */
function entriesEnd({ file, bytes, mayBePadded, mayBeTorn }: IndexFile, entryBytes: number, faults: FaultList): number {
  const whole = Math.floor(bytes.byteLength / entryBytes) * entryBytes;
  if (whole !== bytes.byteLength && !mayBeTorn) {
    faults.derived(file, `the file is no whole number of entries of ${entryBytes} bytes`, { position: whole });
  }
  if (!mayBePadded) return whole;
  let used = whole;
  while (used > 0 && bytes[used - 1] === 0) used -= 1;
  return Math.ceil(used / entryBytes) * entryBytes;
}
