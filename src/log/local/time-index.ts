/**
 * `.timeindex`: how far the timestamps had come at which batch. An entry is 12 bytes: the largest timestamp so far (int64), and the last
 * offset of the first batch that has it, relative to the segment's base offset (uint32). Both rise from entry to entry.
 */
import { readInt64, readUint32, writeInt32, writeInt64 } from '../../base/big-endian.ts';
import { baseOffset, lastOffset, maxTimestamp } from '../../protocol/batch/header.ts';
import type { OpenFiles, PooledFile } from './open-files.ts';
import { type IndexLayout, SparseIndex } from './sparse-index.ts';

export const TIME_ENTRY_BYTES = 12;

const LAYOUT: IndexLayout = { entryBytes: TIME_ENTRY_BYTES, key: readInt64 };

export interface TimePosition {
  readonly timestamp: number;
  /** The last offset of the first batch with that timestamp. */
  readonly offset: number;
}

/** An entry that leads to another batch is not one of this segment. */
export function isTimeOf({ timestamp, offset }: TimePosition, batch: Uint8Array): boolean {
  return baseOffset(batch) <= offset && lastOffset(batch) >= offset && maxTimestamp(batch) === timestamp;
}

export class TimeIndex {
  readonly entries: SparseIndex;
  readonly #baseOffset: number;
  /** Timestamps up to this one are not worth an entry. Known once the last entry in the file was read. */
  #lastTimestamp: number | undefined;

  constructor(options: { baseOffset: number; file: PooledFile; files: OpenFiles; fileBytes: number }) {
    const { file, files, fileBytes } = options;
    this.entries = new SparseIndex({ file, files, layout: LAYOUT, fileBytes });
    this.#baseOffset = options.baseOffset;
    this.#lastTimestamp = this.entries.count === 0 ? -1 : undefined;
  }

  /** One entry's room is left for the last one, which is added when the segment is complete. */
  isFull(bytesMax: number): boolean {
    return this.entries.count >= Math.floor(bytesMax / TIME_ENTRY_BYTES) - 1;
  }

  /** `lastTimestamp` is the file's last one, known from elsewhere. */
  continueFrom(lastTimestamp: number): void {
    this.#lastTimestamp = lastTimestamp;
  }

  /** Adds the entry unless its timestamp is not above the last one's. */
  append(entry: TimePosition): void {
    if (this.#lastTimestamp === undefined || entry.timestamp <= this.#lastTimestamp) return;
    this.#lastTimestamp = entry.timestamp;
    this.entries.push((bytes, at) => {
      writeInt64(bytes, at, entry.timestamp);
      writeInt32(bytes, at + 8, entry.offset - this.#baseOffset);
    });
  }

  /** The last entry at or below `timestamp`. */
  async floor(timestamp: number): Promise<TimePosition | undefined> {
    const entry = await this.entries.floor(timestamp);
    return entry === undefined ? undefined : this.#decode(entry, 0);
  }

  async last(): Promise<TimePosition | undefined> {
    const entry = await this.entries.last();
    return entry === undefined ? undefined : this.#decode(entry, 0);
  }

  /** After a crash: keeps the first entries that rise and end at or below `offset`, and forgets the rest, which `cutFile` takes out of the file. */
  async truncateAbove(offset: number): Promise<void> {
    const bytes = await this.entries.readAll();
    let count = 0;
    let last: TimePosition = { timestamp: -1, offset: this.#baseOffset - 1 };
    for (let at = 0; at < bytes.byteLength; at += TIME_ENTRY_BYTES) {
      const entry = this.#decode(bytes, at);
      if (entry.timestamp <= last.timestamp || entry.offset <= last.offset || entry.offset > offset) break;
      last = entry;
      count += 1;
    }
    this.entries.truncate(count);
    this.#lastTimestamp = last.timestamp;
  }

  #decode(bytes: Uint8Array, at: number): TimePosition {
    return { timestamp: readInt64(bytes, at), offset: this.#baseOffset + readUint32(bytes, at + 8) };
  }
}
