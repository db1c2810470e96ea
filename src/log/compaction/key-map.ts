/**
 * The last offset of each key in the part of a log that is new. Owns the bound on its memory: when it is full, what lies above the last batch
 * that it knows wholly is left for the next pass. Keys are compared as they are, not by a hash, so that no record is ever lost to a collision. One map serves
 * one pass after the other.
 */
import { type HashKey, halfSipHash } from '../../base/half-sip-hash.ts';
import { type KeyBytes, KeyEntries } from './key-entries.ts';
import { KeyMemory } from './key-memory.ts';
import { KeyPlaces } from './key-places.ts';

/** What an entry costs besides the bytes of its key: 12 before it, 11 to 22 for its place, and what is left empty between entries. */
const ENTRY_BYTES = 40;

export interface KeyMapOptions {
  /** It is nobody's business: who knows it can make keys that share a place. */
  readonly hashKey: HashKey;
  /** As it is now. */
  readonly bytesMax: () => number;
}

export class KeyMap {
  readonly #options: KeyMapOptions;
  readonly #entries: KeyEntries;
  readonly #places: KeyPlaces;
  #bytes = 0;

  constructor(options: KeyMapOptions) {
    this.#options = options;
    const memory = new KeyMemory();
    this.#entries = new KeyEntries(memory);
    this.#places = new KeyPlaces({ memory, entries: this.#entries });
  }

  get isEmpty(): boolean {
    return this.#bytes === 0;
  }

  /** Asked before a batch, never within one: so every pass takes at least one batch and gets somewhere. */
  get isFull(): boolean {
    return !this.isEmpty && (this.#bytes >= this.#options.bytesMax() || this.#entries.isFull);
  }

  /** Offsets come in rising order. */
  put(key: KeyBytes, offset: number): void {
    const hash = this.#hashOf(key);
    const entry = this.#places.find(hash, key);
    if (entry !== 0) {
      this.#entries.setOffset(entry, offset);
      return;
    }
    this.#places.add(hash, this.#entries.add(key, offset));
    this.#bytes += key.keyLength + ENTRY_BYTES;
  }

  /** -1 when the key is not in the new part. */
  get(key: KeyBytes): number {
    const entry = this.#places.find(this.#hashOf(key), key);
    return entry === 0 ? -1 : this.#entries.offsetOf(entry);
  }

  /** Forgets all keys. */
  clear(): void {
    this.#entries.clear();
    this.#places.clear();
    this.#bytes = 0;
  }

  #hashOf({ bytes, keyStart, keyLength }: KeyBytes): number {
    return halfSipHash(this.#options.hashKey, bytes, keyStart, keyLength);
  }
}
