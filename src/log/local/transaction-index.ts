/**
 * `.txnindex`: the transactions whose abort markers are in a segment, in the order of the markers. A segment without such markers has no file.
 *
 * Unlike the other indexes it is believed, where it makes sense: what it does not list, readers take for committed. So its owner makes it durable before the
 * snapshot that vouches for it (decision 0019).
 */
import { DiskFault } from '../../base/faults.ts';
import type { AbortedTransaction } from '../log-engine.ts';
import type { OpenFiles, PooledFile } from './open-files.ts';
import { type IndexLayout, SparseIndex } from './sparse-index.ts';
import {
  markerOffset,
  readTransactionEntry,
  TRANSACTION_ENTRY_BYTES,
  TRANSACTION_ENTRY_VERSION,
  versionOfTransactionEntry,
  writeTransactionEntry,
} from './transaction-entry.ts';

/** Entries that are read at a time: 4 KB. */
const PAGE_ENTRIES = 120;
/** When all of them are: 64 KB. */
const LOOK_ENTRIES = 1_920;

const LAYOUT: IndexLayout = { entryBytes: TRANSACTION_ENTRY_BYTES, key: markerOffset };

export class TransactionIndex {
  readonly entries: SparseIndex;
  readonly #baseOffset: number;
  readonly #files: OpenFiles;
  /** The marker of the last entry, if that is known. */
  #lastOffset: number | undefined;
  #isSynced: boolean;
  /** It was there before this process. */
  readonly #isFound: boolean;
  /** Whether what was found makes sense, once somebody has looked. */
  #sound: Promise<boolean> | undefined;

  constructor(options: { baseOffset: number; file: PooledFile; files: OpenFiles; fileBytes: number }) {
    const { file, files, fileBytes } = options;
    this.entries = new SparseIndex({ file, files, layout: LAYOUT, fileBytes });
    this.#baseOffset = options.baseOffset;
    this.#files = files;
    this.#isSynced = true;
    this.#isFound = fileBytes > 0;
  }

  /** False: what is listed may not survive a crash, or what was cut off may come back. */
  get isSynced(): boolean {
    return this.#isSynced;
  }

  append(aborted: AbortedTransaction): void {
    this.entries.push((bytes, at) => writeTransactionEntry(bytes, at, aborted));
    this.#lastOffset = aborted.lastOffset;
    this.#isSynced = false;
  }

  /** False: no marker at or above `offset` is listed. */
  mayHaveSince(offset: number): boolean {
    return this.entries.count > 0 && (this.#lastOffset === undefined || this.#lastOffset >= offset);
  }

  /**
   * Adds the transactions to `found` that end at or above `offset` and begin below `upperOffset`. True when no later entry, of this segment or another, can
   * be one of them. Rejects with a DiskFault when the list is not what was written: it is empty then, so that the next opening makes it anew.
   */
  async collect(range: AbortedRange, found: AbortedTransaction[]): Promise<boolean> {
    if (this.#isFound) {
      this.#sound ??= this.#looksSound();
      if (!(await this.#sound)) throw await this.#discard();
    }
    let place = await this.entries.placeOf(range.offset);
    let lastOffset = this.#lastOffset;
    while (place < this.entries.count) {
      const bytes = await this.entries.read(place, PAGE_ENTRIES);
      if (bytes.byteLength === 0) {
        throw new DiskFault({ kind: 'absent', operation: 'read', path: this.entries.file.path });
      }
      for (let at = 0; at < bytes.byteLength; at += TRANSACTION_ENTRY_BYTES) {
        const aborted = readTransactionEntry(bytes, at);
        if (aborted.firstOffset < range.upperOffset) found.push(aborted);
        if (aborted.lastStableOffset >= range.upperOffset) return true;
        lastOffset = aborted.lastOffset;
      }
      place += bytes.byteLength / TRANSACTION_ENTRY_BYTES;
    }
    // All have been seen, up to the last one.
    this.#lastOffset = lastOffset;
    return false;
  }

  /** Among nonsense a search would find nothing, and that would look like an answer. */
  async #looksSound(): Promise<boolean> {
    let last = this.#baseOffset - 1;
    for (let place = 0; place < this.entries.count; ) {
      const bytes = await this.entries.read(place, LOOK_ENTRIES);
      // A list that has become shorter is found by whoever needs the rest.
      if (bytes.byteLength === 0) return true;
      for (let at = 0; at < bytes.byteLength; at += TRANSACTION_ENTRY_BYTES) {
        if (!canFollow(bytes, at, last)) return false;
        last = readTransactionEntry(bytes, at).lastOffset;
      }
      place += bytes.byteLength / TRANSACTION_ENTRY_BYTES;
    }
    return true;
  }

  async #discard(): Promise<DiskFault> {
    const { path } = this.entries.file;
    await this.truncateAbove(this.#baseOffset - 1);
    return new DiskFault({ kind: 'io', operation: 'read', path, cause: new Error('a list that makes no sense') });
  }

  /** Keeps the first entries that rise, make sense and end at or below `offset`, and forgets the rest. */
  async truncateAbove(offset: number): Promise<void> {
    const bytes = await this.entries.readAll();
    let count = 0;
    let last = this.#baseOffset - 1;
    for (let at = 0; at < bytes.byteLength; at += TRANSACTION_ENTRY_BYTES) {
      const { lastOffset } = readTransactionEntry(bytes, at);
      if (!canFollow(bytes, at, last) || lastOffset > offset) break;
      last = lastOffset;
      count += 1;
    }
    if (count === this.entries.count) return;
    await this.entries.flush();
    this.entries.truncate(count);
    await this.entries.cutFile();
    this.#lastOffset = count === 0 ? undefined : last;
    this.#isSynced = false;
  }

  async sync(): Promise<void> {
    this.#isSynced = true;
    try {
      await this.entries.flush();
      await this.#files.use(this.entries.file, (file) => file.sync());
    } catch (error) {
      this.#isSynced = false;
      throw error;
    }
  }
}

export interface AbortedRange {
  readonly offset: number;
  readonly upperOffset: number;
}

/** Whether an entry can be what was written behind one whose marker is at `last`. */
function canFollow(bytes: Uint8Array, at: number, last: number): boolean {
  const { firstOffset, lastOffset } = readTransactionEntry(bytes, at);
  const isKnown = versionOfTransactionEntry(bytes, at) === TRANSACTION_ENTRY_VERSION;
  return isKnown && lastOffset > last && firstOffset < lastOffset;
}
