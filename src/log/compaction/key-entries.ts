/**
 * Keys with the last offset of each, one behind the other. An entry is known by where it begins, which is never 0. Owns the bytes; how an entry is found is
 * `key-places.ts`'s.
 */
import { readInt32, readInt64, writeInt32, writeInt64 } from '../../base/big-endian.ts';
import { limits } from '../../base/limits.ts';
import { CHUNK_BYTES, type KeyMemory } from './key-memory.ts';

/** Where a key is. */
export interface KeyBytes {
  readonly bytes: Uint8Array;
  readonly keyStart: number;
  readonly keyLength: number;
}

/** Bytes of an entry before its key: the key's last offset, and its length. */
const HEADER_BYTES = 12;
/** A larger entry has memory of its own, so that little is left empty at the end of a chunk. */
const SHARING_BYTES_MAX = CHUNK_BYTES / 64;
/** Entries begin at multiples of it, and are counted in it. */
const UNIT_BYTES = 4;
/** The rest of 4 bytes says which chunk. */
const CHUNK_UNITS_BITS = 16;
const CHUNK_UNITS_MASK = CHUNK_BYTES / UNIT_BYTES - 1;
/** So that what a batch may inflate to has names left for all its entries, however large each is. */
const CHUNKS_MAX = 2 ** 16 - limits.inflatedBatchBytes / SHARING_BYTES_MAX;
const NONE = new Uint8Array(0);

export class KeyEntries {
  readonly #memory: KeyMemory;
  /** Those with one large entry are of any length. */
  readonly #chunks: Uint8Array[] = [];
  /** The chunk that small entries go to, and its first free byte. */
  #current = -1;
  #end = CHUNK_BYTES;

  constructor(memory: KeyMemory) {
    this.#memory = memory;
  }

  /** Asked before a batch. */
  get isFull(): boolean {
    return this.#chunks.length >= CHUNKS_MAX;
  }

  /** Answers where it begins. */
  add({ bytes, keyStart, keyLength }: KeyBytes, offset: number): number {
    const entryBytes = HEADER_BYTES + keyLength;
    const entry = entryBytes > SHARING_BYTES_MAX ? this.#roomOfItsOwn(entryBytes) : this.#room(entryBytes);
    const chunk = this.#chunkOf(entry);
    const at = startOf(entry);
    writeInt64(chunk, at, offset);
    writeInt32(chunk, at + 8, keyLength);
    const keyAt = at + HEADER_BYTES;
    for (let index = 0; index < keyLength; index += 1) chunk[keyAt + index] = bytes[keyStart + index] ?? 0;
    return entry;
  }

  offsetOf(entry: number): number {
    return readInt64(this.#chunkOf(entry), startOf(entry));
  }

  setOffset(entry: number, offset: number): void {
    writeInt64(this.#chunkOf(entry), startOf(entry), offset);
  }

  hasKey(entry: number, { bytes, keyStart, keyLength }: KeyBytes): boolean {
    const chunk = this.#chunkOf(entry);
    const at = startOf(entry);
    if (readInt32(chunk, at + 8) !== keyLength) return false;
    const keyAt = at + HEADER_BYTES;
    for (let index = 0; index < keyLength; index += 1) {
      if (chunk[keyAt + index] !== bytes[keyStart + index]) return false;
    }
    return true;
  }

  clear(): void {
    for (const { buffer } of this.#chunks) this.#memory.giveBack(buffer);
    this.#chunks.length = 0;
    this.#current = -1;
    this.#end = CHUNK_BYTES;
  }

  #chunkOf(entry: number): Uint8Array {
    return this.#chunks[entry >>> CHUNK_UNITS_BITS] ?? NONE;
  }

  #room(bytes: number): number {
    if (this.#end + bytes > CHUNK_BYTES) {
      this.#current = this.#chunks.push(new Uint8Array(this.#memory.take())) - 1;
      // No entry is at 0.
      this.#end = UNIT_BYTES;
    }
    const at = this.#end;
    this.#end = (at + bytes + UNIT_BYTES - 1) & -UNIT_BYTES;
    return (this.#current << CHUNK_UNITS_BITS) | (at / UNIT_BYTES);
  }

  #roomOfItsOwn(bytes: number): number {
    const chunk = this.#chunks.push(new Uint8Array(Buffer.allocUnsafeSlow(UNIT_BYTES + bytes).buffer)) - 1;
    return (chunk << CHUNK_UNITS_BITS) | 1;
  }
}

/** Within its chunk. */
function startOf(entry: number): number {
  return (entry & CHUNK_UNITS_MASK) * UNIT_BYTES;
}
