/**
 * `.index`: where batches are, every `index.interval.bytes`. An entry is 8 bytes: the last offset of a batch relative to the segment's base
 * offset (uint32), and the position of that batch in the segment (uint32).
 */
import { readUint32, writeInt32 } from '../../base/big-endian.ts';
import type { OpenFiles, PooledFile } from './open-files.ts';
import { type IndexLayout, SparseIndex } from './sparse-index.ts';

export const OFFSET_ENTRY_BYTES = 8;

const LAYOUT: IndexLayout = { entryBytes: OFFSET_ENTRY_BYTES, key: readUint32 };

export interface OffsetPosition {
  /** The last offset of the batch at `position`. */
  readonly offset: number;
  readonly position: number;
}

export class OffsetIndex {
  readonly entries: SparseIndex;
  readonly #baseOffset: number;

  constructor(options: { baseOffset: number; file: PooledFile; files: OpenFiles; fileBytes: number }) {
    const { file, files, fileBytes } = options;
    this.entries = new SparseIndex({ file, files, layout: LAYOUT, fileBytes });
    this.#baseOffset = options.baseOffset;
  }

  isFull(bytesMax: number): boolean {
    return this.entries.count >= Math.floor(bytesMax / OFFSET_ENTRY_BYTES);
  }

  append(entry: OffsetPosition): void {
    this.entries.push((bytes, at) => {
      writeInt32(bytes, at, entry.offset - this.#baseOffset);
      writeInt32(bytes, at + 4, entry.position);
    });
  }

  /** The last entry at or below `offset`. */
  async floor(offset: number): Promise<OffsetPosition | undefined> {
    const entry = await this.entries.floor(offset - this.#baseOffset);
    return entry === undefined ? undefined : this.#decode(entry, 0);
  }

  /** The first entry at or above `offset`. */
  async ceiling(offset: number): Promise<OffsetPosition | undefined> {
    const place = await this.entries.placeOf(offset - this.#baseOffset);
    const entry = place < this.entries.count ? await this.entries.read(place, 1) : undefined;
    return entry === undefined || entry.byteLength === 0 ? undefined : this.#decode(entry, 0);
  }

  /**
   * After a crash: keeps the first entries that rise and end at or below `offset`, and forgets the rest, which `cutFile` takes out of the file. (A torn file has zeros or old
   * bytes in it.)
   */
  async truncateAbove(offset: number): Promise<void> {
    const bytes = await this.entries.readAll();
    let count = 0;
    let last: OffsetPosition = { offset: this.#baseOffset - 1, position: -1 };
    for (let at = 0; at < bytes.byteLength; at += OFFSET_ENTRY_BYTES) {
      const entry = this.#decode(bytes, at);
      if (entry.offset <= last.offset || entry.position <= last.position || entry.offset > offset) break;
      last = entry;
      count += 1;
    }
    this.entries.truncate(count);
  }

  #decode(bytes: Uint8Array, at: number): OffsetPosition {
    return { offset: this.#baseOffset + readUint32(bytes, at), position: readUint32(bytes, at + 4) };
  }
}
