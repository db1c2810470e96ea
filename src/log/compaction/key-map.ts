/**
 * The last offset of each key in the part of a log that is new. Owns the bound on its memory: when it is full, what lies above the last batch
 * that it knows wholly is left for the next pass. Keys are compared as they are, not by a hash, so that no record is ever lost to a collision.
 *
 * Millions of keys are nothing to the garbage collector, because they lie in few arrays; and no pause to anybody, because they are spread over tables
 * that grow one at a time.
 */
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

/** Open addressing; a place holds the number of an entry, which begin at 1. */
class KeyTable {
  #places = new Uint32Array(64);
  #hashes = new Int32Array(32);
  #offsets = new Float64Array(32);
  /** Where in `#keys` the key of an entry ends; it begins where the one before ends. */
  #ends = new Uint32Array(32);
  #keys = new Uint8Array(512);
  #count = 0;

  /** Whether the key is new. */
  put(hash: number, key: KeyBytes, offset: number): boolean {
    const place = this.#placeOf(hash, key);
    const entry = this.#places[place] ?? 0;
    if (entry > 0) {
      this.#offsets[entry] = offset;
      return false;
    }
    this.#count += 1;
    this.#places[place] = this.#count;
    if (this.#count === this.#hashes.length) this.#growEntries();
    this.#hashes[this.#count] = hash;
    this.#offsets[this.#count] = offset;
    this.#keep(key);
    if (this.#count * 2 > this.#places.length) this.#growPlaces();
    return true;
  }

  get(hash: number, key: KeyBytes): number {
    const entry = this.#places[this.#placeOf(hash, key)] ?? 0;
    return entry > 0 ? (this.#offsets[entry] ?? -1) : -1;
  }

  /** The place that has the key, or would have it. */
  #placeOf(hash: number, key: KeyBytes): number {
    const mask = this.#places.length - 1;
    // The lowest bits have chosen the table.
    let place = (hash >>> 8) & mask;
    for (let entry = this.#places[place] ?? 0; entry > 0; entry = this.#places[place] ?? 0) {
      if (this.#hashes[entry] === hash && this.#isKeyOf(entry, key)) break;
      place = (place + 1) & mask;
    }
    return place;
  }

  #isKeyOf(entry: number, { bytes, keyStart, keyLength }: KeyBytes): boolean {
    const start = this.#ends[entry - 1] ?? 0;
    if ((this.#ends[entry] ?? 0) - start !== keyLength) return false;
    for (let index = 0; index < keyLength; index += 1) {
      if (this.#keys[start + index] !== bytes[keyStart + index]) return false;
    }
    return true;
  }

  #keep({ bytes, keyStart, keyLength }: KeyBytes): void {
    const start = this.#ends[this.#count - 1] ?? 0;
    const end = start + keyLength;
    if (end > this.#keys.length) {
      const keys = new Uint8Array(Math.max(end, this.#keys.length * 2));
      keys.set(this.#keys.subarray(0, start));
      this.#keys = keys;
    }
    this.#keys.set(bytes.subarray(keyStart, keyStart + keyLength), start);
    this.#ends[this.#count] = end;
  }

  #growEntries(): void {
    const length = this.#hashes.length * 2;
    const [hashes, offsets, ends] = [new Int32Array(length), new Float64Array(length), new Uint32Array(length)];
    hashes.set(this.#hashes);
    offsets.set(this.#offsets);
    ends.set(this.#ends);
    this.#hashes = hashes;
    this.#offsets = offsets;
    this.#ends = ends;
  }

  #growPlaces(): void {
    const places = new Uint32Array(this.#places.length * 2);
    const mask = places.length - 1;
    for (let entry = 1; entry <= this.#count; entry += 1) {
      let place = ((this.#hashes[entry] ?? 0) >>> 8) & mask;
      while (places[place] !== 0) place = (place + 1) & mask;
      places[place] = entry;
    }
    this.#places = places;
  }
}
