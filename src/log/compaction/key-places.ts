/**
 * Finds the entry of a key by the key's hash. Places are in pages of one size, which a directory finds by the first bits of the hash; a page with too little room
 * is split into two by one bit more (extendible hashing). So a table of any size grows a page at a time: nobody waits for all of it to be written anew, and
 * nothing is thrown away. Within a page, open addressing by the last bits. Owns the pages.
 */
import type { KeyBytes, KeyEntries } from './key-entries.ts';
import { CHUNK_BYTES, type KeyMemory } from './key-memory.ts';

/** A place holds a hash, and the entry, 0 when there is none. */
const PLACE_INTS = 2;
const PAGE_PLACES = 512;
const PAGE_INTS = PAGE_PLACES * PLACE_INTS;
const PAGE_MASK = PAGE_INTS - 1;
/** At most three of four places are taken. */
const PAGE_ENTRIES_MAX = (PAGE_PLACES * 3) / 4;
const PAGES_PER_CHUNK_BITS = 6;
const PAGES_PER_CHUNK_MASK = CHUNK_BYTES / 4 / PAGE_INTS - 1;
const NONE = new Int32Array(0);

export class KeyPlaces {
  readonly #memory: KeyMemory;
  readonly #entries: KeyEntries;
  readonly #chunks: Int32Array[] = [];
  /** By page: how many bits of the hash its entries have in common, and how many entries it has. */
  readonly #depths: number[] = [];
  readonly #counts: number[] = [];
  /** Pages, by the first bits of the hash. */
  #directory = new Int32Array(0);
  #directoryDepth = 0;
  /** What was in a page that is being split. */
  readonly #split = new Int32Array(PAGE_INTS);

  constructor(options: { readonly memory: KeyMemory; readonly entries: KeyEntries }) {
    this.#memory = options.memory;
    this.#entries = options.entries;
  }

  /** The key's entry; 0 when it has none. */
  find(hash: number, key: KeyBytes): number {
    if (this.#directoryDepth === 0) return 0;
    const page = this.#pageOf(hash);
    const places = this.#chunkOf(page);
    const start = startOf(page);
    for (let place = firstPlace(hash); ; place = nextPlace(place)) {
      const entry = places[start + place + 1] ?? 0;
      if (entry === 0 || (places[start + place] === hash && this.#entries.hasKey(entry, key))) return entry;
    }
  }

  /** Of a key that has none. */
  add(hash: number, entry: number): void {
    if (this.#directoryDepth === 0) this.#begin();
    let page = this.#pageOf(hash);
    while (this.#countOf(page) >= PAGE_ENTRIES_MAX) {
      this.#splitPage(page, hash);
      page = this.#pageOf(hash);
    }
    this.#put(page, hash, entry);
  }

  clear(): void {
    for (const { buffer } of this.#chunks) this.#memory.giveBack(buffer);
    this.#chunks.length = 0;
    this.#depths.length = 0;
    this.#counts.length = 0;
    this.#directory = new Int32Array(0);
    this.#directoryDepth = 0;
  }

  #begin(): void {
    this.#directory = Int32Array.of(this.#newPage(1), this.#newPage(1));
    this.#directoryDepth = 1;
  }

  #newPage(depth: number): number {
    const page = this.#depths.push(depth) - 1;
    this.#counts.push(0);
    if (page >>> PAGES_PER_CHUNK_BITS === this.#chunks.length) this.#chunks.push(new Int32Array(this.#memory.take()));
    this.#clearPage(page);
    return page;
  }

  #clearPage(page: number): void {
    this.#chunkOf(page).fill(0, startOf(page), startOf(page) + PAGE_INTS);
    this.#counts[page] = 0;
  }

  #pageOf(hash: number): number {
    return this.#directory[hash >>> (32 - this.#directoryDepth)] ?? 0;
  }

  #countOf(page: number): number {
    return this.#counts[page] ?? 0;
  }

  #chunkOf(page: number): Int32Array {
    return this.#chunks[page >>> PAGES_PER_CHUNK_BITS] ?? NONE;
  }

  #put(page: number, hash: number, entry: number): void {
    const places = this.#chunkOf(page);
    const start = startOf(page);
    let place = firstPlace(hash);
    while (places[start + place + 1] !== 0) place = nextPlace(place);
    places[start + place] = hash;
    places[start + place + 1] = entry;
    this.#counts[page] = this.#countOf(page) + 1;
  }

  /** `hash` is of those that lead to the page. */
  #splitPage(page: number, hash: number): void {
    const depth = this.#depths[page] ?? 0;
    if (depth === this.#directoryDepth) this.#growDirectory();
    const split = this.#split;
    split.set(this.#chunkOf(page).subarray(startOf(page), startOf(page) + PAGE_INTS));
    this.#clearPage(page);
    this.#depths[page] = depth + 1;
    const added = this.#newPage(depth + 1);
    // Of the slots that lead to the page, which have `depth` bits in common, the second half has a 1 in the next bit.
    const slots = 1 << (this.#directoryDepth - depth);
    const firstSlot = (hash >>> (32 - this.#directoryDepth)) & -slots;
    this.#directory.fill(added, firstSlot + slots / 2, firstSlot + slots);
    for (let place = 0; place < PAGE_INTS; place += PLACE_INTS) {
      const entry = split[place + 1] ?? 0;
      const moved = split[place] ?? 0;
      if (entry !== 0) this.#put(this.#pageOf(moved), moved, entry);
    }
  }

  #growDirectory(): void {
    const old = this.#directory;
    const directory = new Int32Array(old.length * 2);
    for (let slot = 0; slot < directory.length; slot += 1) directory[slot] = old[slot >>> 1] ?? 0;
    this.#directory = directory;
    this.#directoryDepth += 1;
  }
}

/** Of a page in its chunk. */
function startOf(page: number): number {
  return (page & PAGES_PER_CHUNK_MASK) * PAGE_INTS;
}

function firstPlace(hash: number): number {
  return (hash << 1) & PAGE_MASK;
}

function nextPlace(place: number): number {
  return (place + PLACE_INTS) & PAGE_MASK;
}
