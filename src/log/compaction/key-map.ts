/**
 * The last offset of each key in the part of a log that is new. Owns the bound on its memory: when it is full, what lies above the last batch
 * that it knows wholly is left for the next pass. Keys are compared as they are, not by a hash, so that no record is ever lost to a collision.
 *
 * Millions of keys are nothing to the garbage collector, because they lie in few arrays; and no pause to anybody, because they are spread over tables
 * that grow one at a time.
 */
import { readInt32, readInt64, writeInt32, writeInt64 } from '../../base/big-endian.ts';
import { type HashKey, halfSipHash } from '../../base/half-sip-hash.ts';

/** Where a key is. */
export interface KeyBytes {
  readonly bytes: Uint8Array;
  readonly keyStart: number;
  readonly keyLength: number;
}

/** What an entry costs besides the bytes of its key, with what the arrays have in reserve. */
const ENTRY_BYTES = 64;
const TABLES = 256;

export class KeyMap {
  readonly #hashKey: HashKey;
  readonly #bytesMax: number;
  readonly #tables: (KeyTable | undefined)[] = new Array(TABLES);
  #bytes = 0;

  /** `hashKey` is nobody's business: who knows it can make keys that share a place. */
  constructor(options: { readonly bytesMax: number; readonly hashKey: HashKey }) {
    this.#hashKey = options.hashKey;
    this.#bytesMax = options.bytesMax;
  }

  /** Asked before a batch, never within one: so every pass takes at least one batch and gets somewhere. */
  get isFull(): boolean {
    return this.#bytes >= this.#bytesMax;
  }

  /** Offsets come in rising order. */
  put(key: KeyBytes, offset: number): void {
    const hash = halfSipHash(this.#hashKey, key.bytes, key.keyStart, key.keyLength);
    const index = hash & (TABLES - 1);
    const table = this.#tables[index] ?? new KeyTable();
    this.#tables[index] = table;
    if (table.put(hash, key, offset)) this.#bytes += key.keyLength + ENTRY_BYTES;
  }

  /** -1 when the key is not in the new part. */
  get(key: KeyBytes): number {
    const hash = halfSipHash(this.#hashKey, key.bytes, key.keyStart, key.keyLength);
    return this.#tables[hash & (TABLES - 1)]?.get(hash, key) ?? -1;
  }
}

/** Bytes of an entry before its key: the key's last offset, and its length. */
const ENTRY_HEADER_BYTES = 12;

/**
 * Open addressing. A place holds a hash and where its entry begins, 0 when there is none; the entry holds the offset and the key. So a look-up waits for
 * memory twice, once for the place and once for the entry, which in a large table is what it costs.
 */
class KeyTable {
  #places = new Int32Array(2 * 64);
  #entries = new Uint8Array(512);
  #entriesEnd = 1;
  #count = 0;

  /** Whether the key is new. */
  put(hash: number, key: KeyBytes, offset: number): boolean {
    const place = this.#placeOf(hash, key);
    const entry = this.#places[place + 1] ?? 0;
    if (entry > 0) {
      writeInt64(this.#entries, entry, offset);
      return false;
    }
    this.#places[place] = hash;
    this.#places[place + 1] = this.#addEntry(key, offset);
    this.#count += 1;
    // At most three of four places are taken.
    if (this.#count * 8 > this.#places.length * 3) this.#growPlaces();
    return true;
  }

  get(hash: number, key: KeyBytes): number {
    const entry = this.#places[this.#placeOf(hash, key) + 1] ?? 0;
    return entry > 0 ? readInt64(this.#entries, entry) : -1;
  }

  /** The place that has the key, or would have it. */
  #placeOf(hash: number, key: KeyBytes): number {
    const places = this.#places;
    let place = firstPlace(hash, places);
    for (let entry = places[place + 1] ?? 0; entry > 0; entry = places[place + 1] ?? 0) {
      if (places[place] === hash && this.#isKeyOf(entry, key)) break;
      place = nextPlace(place, places);
    }
    return place;
  }

  #isKeyOf(entry: number, { bytes, keyStart, keyLength }: KeyBytes): boolean {
    const entries = this.#entries;
    if (readInt32(entries, entry + 8) !== keyLength) return false;
    const start = entry + ENTRY_HEADER_BYTES;
    for (let index = 0; index < keyLength; index += 1) {
      if (entries[start + index] !== bytes[keyStart + index]) return false;
    }
    return true;
  }

  /** Answers where it begins. */
  #addEntry({ bytes, keyStart, keyLength }: KeyBytes, offset: number): number {
    const entry = this.#entriesEnd;
    const keyAt = entry + ENTRY_HEADER_BYTES;
    this.#entriesEnd = keyAt + keyLength;
    if (this.#entriesEnd > this.#entries.length) {
      const entries = new Uint8Array(Math.max(this.#entriesEnd, this.#entries.length * 2));
      entries.set(this.#entries);
      this.#entries = entries;
    }
    writeInt64(this.#entries, entry, offset);
    writeInt32(this.#entries, entry + 8, keyLength);
    for (let index = 0; index < keyLength; index += 1) this.#entries[keyAt + index] = bytes[keyStart + index] ?? 0;
    return entry;
  }

  #growPlaces(): void {
    const old = this.#places;
    const places = new Int32Array(old.length * 2);
    for (let from = 0; from < old.length; from += 2) {
      const entry = old[from + 1] ?? 0;
      if (entry === 0) continue;
      const hash = old[from] ?? 0;
      let place = firstPlace(hash, places);
      while (places[place + 1] !== 0) place = nextPlace(place, places);
      places[place] = hash;
      places[place + 1] = entry;
    }
    this.#places = places;
  }
}

function firstPlace(hash: number, places: Int32Array): number {
  // The lowest bits have chosen the table.
  return (hash >>> 7) & (places.length - 2);
}

function nextPlace(place: number, places: Int32Array): number {
  return (place + 2) & (places.length - 2);
}
