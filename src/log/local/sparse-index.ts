/**
 * The common part of both index files: fixed-size entries in rising order of their key, found by binary search. New entries are
 * collected in memory, in the file's own layout, and written behind the others from time to time; older ones are searched in the file.
 * An index is derived from its segment: a wrong one costs time, never data, because whoever uses an entry checks the batch it points to.
 */
import { assert } from '../../base/assert.ts';
import type { DiskFile } from '../../base/env.ts';
import { cutOff } from './cut-off.ts';
import type { OpenFiles, PooledFile } from './open-files.ts';

/** The binary search reads the file in pieces of this size. */
const PAGE_BYTES = 4096;
const TAIL_BYTES_FIRST = 96;
/** A tail of this size is worth a write. */
const TAIL_BYTES_FLUSH = 16 * 1024;

export interface IndexLayout {
  readonly entryBytes: number;
  /** The key of the entry at `at`. */
  key(bytes: Uint8Array, at: number): number;
}

export class SparseIndex {
  readonly file: PooledFile;
  readonly #files: OpenFiles;
  readonly #layout: IndexLayout;
  /** Entries in the file. */
  #written: number;
  #tail: Uint8Array = new Uint8Array(0);
  #tailCount = 0;
  /** A part of an entry lies behind the entries in the file. */
  #isRagged: boolean;
  /** False: what is in the file may not be on stable storage. */
  #isSynced = true;
  /** The file has more than the entries. */
  #isCut = false;
  /** Flushes happen one after the other. */
  #flushed: Promise<void> = Promise.resolve();

  constructor(options: { file: PooledFile; files: OpenFiles; layout: IndexLayout; fileBytes: number }) {
    const { fileBytes, layout } = options;
    this.file = options.file;
    this.#files = options.files;
    this.#layout = layout;
    this.#written = Math.floor(fileBytes / layout.entryBytes);
    this.#isRagged = fileBytes % layout.entryBytes > 0;
  }

  get count(): number {
    return this.#written + this.#tailCount;
  }

  /** Entries that are only in memory. */
  get unwritten(): number {
    return this.#tailCount;
  }

  get isSynced(): boolean {
    return this.#isSynced;
  }

  get wantsFlush(): boolean {
    return this.#tailCount * this.#layout.entryBytes >= TAIL_BYTES_FLUSH;
  }

  /** Room for one more entry at the end of the tail: `write` puts it there. */
  push(write: (bytes: Uint8Array, at: number) => void): void {
    const { entryBytes } = this.#layout;
    const at = this.#tailCount * entryBytes;
    if (at + entryBytes > this.#tail.byteLength) {
      const grown = new Uint8Array(Math.max(TAIL_BYTES_FIRST, this.#tail.byteLength * 2));
      grown.set(this.#tail);
      this.#tail = grown;
    }
    write(this.#tail, at);
    this.#tailCount += 1;
  }

  /** The last entry with a key of at most `target`, alone in its bytes. */
  async floor(target: number): Promise<Uint8Array | undefined> {
    const { entryBytes, key } = this.#layout;
    if (this.#tailCount > 0 && (this.#written === 0 || key(this.#tail, 0) <= target)) {
      return this.#entry(this.#tail, this.#floorIn(this.#tail, this.#tailCount, target));
    }
    if (this.#written === 0) return undefined;
    const page = await this.#files.use(this.file, (handle) => this.#pageOf(handle, target));
    return this.#entry(page, this.#floorIn(page, Math.floor(page.byteLength / entryBytes), target));
  }

  /** Undefined when the index is empty. */
  async last(): Promise<Uint8Array | undefined> {
    return this.floor(Number.POSITIVE_INFINITY);
  }

  /** How many entries have a key below `target`: the place of the first that has not, or that the file has lost. */
  async placeOf(target: number): Promise<number> {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const entry = await this.read(middle, 1);
      if (entry.byteLength > 0 && this.#layout.key(entry, 0) < target) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The entries from `place` on, at most `count`; those in the file and those in memory come separately. None when the file has lost them. */
  async read(place: number, count: number): Promise<Uint8Array> {
    const { entryBytes } = this.#layout;
    assert(place < this.count, 'an index entry that is not there', { place });
    const inTail = place - this.#written;
    if (inTail >= 0) {
      return this.#tail.slice(inTail * entryBytes, Math.min(inTail + count, this.#tailCount) * entryBytes);
    }
    const bytes = new Uint8Array(Math.min(count, -inTail) * entryBytes);
    const filled = await this.#files.use(this.file, (handle) => handle.read(bytes, place * entryBytes));
    return bytes.subarray(0, filled - (filled % entryBytes));
  }

  /** Writes the tail behind the entries in the file. Not durable: it can be made again. */
  flush(): Promise<void> {
    this.#flushed = this.#flushed.then(() => this.#flushTail());
    return this.#flushed;
  }

  async #flushTail(): Promise<void> {
    const count = this.#tailCount;
    if (count === 0) return;
    assert(!this.#isCut, 'an index that grows before its file is cut');
    const { entryBytes } = this.#layout;
    const bytes = this.#tail.slice(0, count * entryBytes);
    this.#isSynced = false;
    await this.#files.use(this.file, (handle) => handle.write([bytes], this.#written * entryBytes));
    this.file.mode = 'existing';
    this.#written += count;
    this.#tailCount -= count;
    this.#tail = this.#tail.slice(count * entryBytes, (count + this.#tailCount) * entryBytes);
  }

  /** Forgets all but the first `count` entries. To be called before entries are added, and followed by `cutFile`. */
  truncate(count: number): void {
    assert(this.#tailCount === 0, 'an index cut while it grows');
    if (count === this.#written && !this.#isRagged) return;
    this.#isCut = true;
    this.#isSynced = false;
    this.#isRagged = false;
    this.#written = count;
  }

  /** Writes what is in the file once more over itself, so that a later sync brings it to the disk although an earlier one failed (decision 0004). */
  async writeAgain(): Promise<void> {
    const entries = (await this.readAll()).subarray(0, this.#written * this.#layout.entryBytes);
    if (entries.byteLength === 0) return;
    this.#isSynced = false;
    await this.#files.use(this.file, (handle) => handle.write([entries], 0));
  }

  /**
   * Takes what was forgotten out of the file. Entries are added behind it before the next sync, and what a power loss then leaves must be either them or zeros: old ones
   * that come back look right, and are of other batches.
   */
  async cutFile(): Promise<void> {
    if (!this.#isCut) return;
    await this.#files.use(this.file, (handle) => cutOff(handle, this.#written * this.#layout.entryBytes));
    this.file.mode = 'existing';
    this.#isCut = false;
  }

  /** What is in the file is on stable storage when it resolves. An empty file is made. */
  async sync(): Promise<void> {
    await this.#files.use(this.file, (handle) => handle.sync());
    this.#isSynced = true;
  }

  /** There is a file, if only an empty one. */
  make(): Promise<void> {
    return this.#files.use(this.file, async () => {});
  }

  /** All entries, wherever they are. */
  async readAll(): Promise<Uint8Array> {
    const { entryBytes } = this.#layout;
    const all = new Uint8Array(this.count * entryBytes);
    const inFile = all.subarray(0, this.#written * entryBytes);
    if (inFile.byteLength > 0) await this.#files.use(this.file, (handle) => handle.read(inFile, 0));
    all.set(this.#tail.subarray(0, this.#tailCount * entryBytes), inFile.byteLength);
    return all;
  }

  /** The page of the file in which the floor of `target` lies. */
  async #pageOf(handle: DiskFile, target: number): Promise<Uint8Array> {
    const { entryBytes, key } = this.#layout;
    const perPage = Math.floor(PAGE_BYTES / entryBytes);
    const page = new Uint8Array(perPage * entryBytes);
    let low = 0;
    let high = Math.ceil(this.#written / perPage) - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      await handle.read(page.subarray(0, entryBytes), middle * perPage * entryBytes);
      if (key(page, 0) <= target) low = middle;
      else high = middle - 1;
    }
    const count = Math.min(perPage, this.#written - low * perPage);
    return page.subarray(0, await handle.read(page.subarray(0, count * entryBytes), low * perPage * entryBytes));
  }

  /** The place of the last of `count` entries whose key is at most `target`; -1 when there is none. */
  #floorIn(bytes: Uint8Array, count: number, target: number): number {
    let low = 0;
    let high = count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#layout.key(bytes, middle * this.#layout.entryBytes) <= target) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  #entry(bytes: Uint8Array, place: number): Uint8Array | undefined {
    const { entryBytes } = this.#layout;
    return place < 0 ? undefined : bytes.slice(place * entryBytes, (place + 1) * entryBytes);
  }
}
