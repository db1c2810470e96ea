/**
 * One segment of a partition: a stretch of the log in a file, its two indexes, and the list of transactions aborted in it. Owns what is known about the file and the rules by which
 * the indexes grow (Apache Kafka's, entry by entry). It reads and writes no batches itself.
 */
import type { AppendedBatch } from '../log-engine.ts';
import type { RollState } from '../segment-roll.ts';
import { fileName, LOG, OFFSET_INDEX, TIME_INDEX, TRANSACTION_INDEX } from './file-names.ts';
import { OffsetIndex } from './offset-index.ts';
import { type OpenFiles, PooledFile } from './open-files.ts';
import { TimeIndex } from './time-index.ts';
import { TRANSACTION_ENTRY_BYTES } from './transaction-entry.ts';
import { TransactionIndex } from './transaction-index.ts';

/** What a segment is known to be without looking into its files. */
export interface SegmentFacts {
  readonly baseOffset: number;
  /** The last offset + 1; `baseOffset` when it is empty. */
  readonly endOffset: number;
  readonly bytes: number;
  readonly firstTimestamp: number;
  readonly maxTimestamp: number;
  readonly offsetOfMaxTimestamp: number;
  readonly createdMs: number;
  readonly modifiedMs: number;
  readonly indexBytes: number;
  readonly timeIndexBytes: number;
  readonly transactionIndexBytes: number;
}

export function newSegmentFacts(baseOffset: number, nowMs: number): SegmentFacts {
  return {
    baseOffset,
    endOffset: baseOffset,
    bytes: 0,
    firstTimestamp: -1,
    maxTimestamp: -1,
    offsetOfMaxTimestamp: baseOffset,
    createdMs: nowMs,
    modifiedMs: nowMs,
    indexBytes: 0,
    timeIndexBytes: 0,
    transactionIndexBytes: 0,
  };
}

export interface SegmentOptions {
  readonly directory: string;
  readonly files: OpenFiles;
  readonly facts: SegmentFacts;
  readonly exists: boolean;
  /** Both index files are there, and their names are on stable storage. Default: nobody has looked. */
  readonly hasIndexes?: boolean;
  readonly rollJitterMs: number;
  readonly indexBytesMax: number;
  /** Behind the names of the files, while they are not yet a part of the log. */
  readonly suffix?: string;
}

export class Segment implements RollState {
  readonly baseOffset: number;
  readonly createdMs: number;
  readonly rollJitterMs: number;
  readonly log: PooledFile;
  /** With what is still on its way to the file. */
  bytes: number;
  endOffset: number;
  firstTimestamp: number;
  maxTimestamp: number;
  /** The last offset of the first batch that has `maxTimestamp`. */
  offsetOfMaxTimestamp: number;
  modifiedMs: number;
  /** Bytes that the operating system has, and those that are on stable storage. */
  writtenBytes: number;
  durableBytes: number;
  /** No batch comes any more, and the indexes are complete and on stable storage. */
  finished = false;
  /** The indexes are not complete: a batch was added since, or nobody has written them. */
  changed = false;
  /** The names of its files are on stable storage. */
  namesDurable: boolean;

  readonly #directory: string;
  /** No process before this one had it. */
  readonly #isNew: boolean;
  #hasIndexes: boolean;
  #suffix: string;
  readonly #files: OpenFiles;
  #indexBytesMax: number;
  #indexFull = false;
  #bytesSinceIndexEntry = 0;
  #offsets: OffsetIndex | undefined;
  #times: TimeIndex | undefined;
  #aborted: TransactionIndex | undefined;
  readonly #indexBytes: number;
  readonly #indexedTimestamp: number;
  readonly #timeIndexBytes: number;
  readonly #transactionIndexBytes: number;

  constructor(options: SegmentOptions) {
    const { facts } = options;
    this.baseOffset = facts.baseOffset;
    this.createdMs = facts.createdMs;
    this.rollJitterMs = options.rollJitterMs;
    this.log = new PooledFile(
      `${options.directory}/${fileName(this.baseOffset, LOG)}${options.suffix ?? ''}`,
      options.exists ? 'existing' : 'create',
    );
    this.bytes = facts.bytes;
    this.endOffset = facts.endOffset;
    this.firstTimestamp = facts.firstTimestamp;
    this.maxTimestamp = facts.maxTimestamp;
    this.offsetOfMaxTimestamp = facts.offsetOfMaxTimestamp;
    this.modifiedMs = facts.modifiedMs;
    this.writtenBytes = facts.bytes;
    this.durableBytes = facts.bytes;
    this.#directory = options.directory;
    this.#isNew = !options.exists;
    this.#hasIndexes = options.hasIndexes ?? false;
    this.#suffix = options.suffix ?? '';
    this.#files = options.files;
    this.#indexBytesMax = options.indexBytesMax;
    this.#indexBytes = facts.indexBytes;
    this.#indexedTimestamp = facts.maxTimestamp;
    this.#timeIndexBytes = facts.timeIndexBytes;
    this.#transactionIndexBytes = facts.transactionIndexBytes;
    this.namesDurable = options.exists;
  }

  /** Made when first used: an idle segment costs no index. */
  get offsets(): OffsetIndex {
    this.#offsets ??= new OffsetIndex({
      baseOffset: this.baseOffset,
      file: this.#indexFile(OFFSET_INDEX),
      files: this.#files,
      fileBytes: this.#indexBytes,
    });
    return this.#offsets;
  }

  get times(): TimeIndex {
    if (this.#times === undefined) {
      this.#times = new TimeIndex({
        baseOffset: this.baseOffset,
        file: this.#indexFile(TIME_INDEX),
        files: this.#files,
        fileBytes: this.#timeIndexBytes,
      });
      // The last entry of a segment that was closed orderly has its largest timestamp.
      if (this.#timeIndexBytes > 0) this.#times.continueFrom(this.#indexedTimestamp);
    }
    return this.#times;
  }

  get aborted(): TransactionIndex {
    this.#aborted ??= new TransactionIndex({
      baseOffset: this.baseOffset,
      file: this.#indexFile(TRANSACTION_INDEX),
      files: this.#files,
      fileBytes: this.#transactionIndexBytes,
    });
    return this.#aborted;
  }

  /** How many aborted transactions are listed. */
  get abortedCount(): number {
    return this.#aborted?.entries.count ?? Math.floor(this.#transactionIndexBytes / TRANSACTION_ENTRY_BYTES);
  }

  get isAbortedSynced(): boolean {
    return this.#aborted?.isSynced ?? true;
  }

  #indexFile(suffix: string): PooledFile {
    return new PooledFile(`${this.#directory}/${fileName(this.baseOffset, suffix)}${this.#suffix}`, 'create');
  }

  /** Asked with every batch, and changed with few. */
  get indexFull(): boolean {
    return this.#indexFull;
  }

  #noteFull(): void {
    this.#indexFull =
      (this.#offsets?.isFull(this.#indexBytesMax) ?? false) || (this.#times?.isFull(this.#indexBytesMax) ?? false);
  }

  /** What retention goes by: the largest timestamp, or the last write where records have none. */
  get largestTimestamp(): number {
    return this.maxTimestamp >= 0 ? this.maxTimestamp : this.modifiedMs;
  }

  limitIndexes(bytesMax: number): void {
    this.#indexBytesMax = bytesMax;
    this.#noteFull();
  }

  /** Takes note of a batch that goes to the end of the file. */
  add(
    batch: Omit<AppendedBatch, 'bytes'>,
    batchBytes: number,
    options: { indexIntervalBytes: number; nowMs: number },
  ): void {
    if (this.bytes === 0) this.firstTimestamp = batch.maxTimestamp;
    if (batch.maxTimestamp > this.maxTimestamp) {
      this.maxTimestamp = batch.maxTimestamp;
      this.offsetOfMaxTimestamp = batch.lastOffset;
    }
    if (this.#bytesSinceIndexEntry > options.indexIntervalBytes) {
      this.offsets.append({ offset: batch.lastOffset, position: this.bytes });
      this.times.append({ timestamp: this.maxTimestamp, offset: this.offsetOfMaxTimestamp });
      this.#bytesSinceIndexEntry = 0;
      this.#noteFull();
    }
    this.#bytesSinceIndexEntry += batchBytes;
    this.bytes += batchBytes;
    this.changed = true;
    this.endOffset = batch.lastOffset + 1;
    this.modifiedMs = options.nowMs;
  }

  /** Writes the indexes as far as they have come, with the largest timestamp as the last entry. */
  async completeIndexes(): Promise<void> {
    if (this.bytes > 0) this.times.append({ timestamp: this.maxTimestamp, offset: this.offsetOfMaxTimestamp });
    await this.flushIndexes();
  }

  /** The indexes have grown in memory by as much as is worth a write. */
  get indexTailsLarge(): boolean {
    return (
      (this.#offsets?.entries.wantsFlush ?? false) ||
      (this.#times?.entries.wantsFlush ?? false) ||
      (this.#aborted?.entries.wantsFlush ?? false)
    );
  }

  async flushIndexes(): Promise<void> {
    await this.#offsets?.entries.flush();
    await this.#times?.entries.flush();
    await this.#aborted?.entries.flush();
  }

  /** No batch comes any more: completes the indexes and makes them durable, so that they need no check after a crash. */
  async finish(): Promise<void> {
    await this.completeIndexes();
    // Also when they are empty: a segment without its two indexes looks damaged.
    for (const { entries } of [this.offsets, this.times]) await entries.sync();
    this.#haveIndexes();
    this.finished = true;
  }

  /**
   * The log is closed, and goes on with this segment when it is opened again: completes the indexes. When not `durably`, those of a new segment are not synced: what a
   * power loss leaves of a new file are its entries, or zeros, or another size, and none of them pass for what they are not.
   */
  async rest(durably: boolean): Promise<void> {
    await this.completeIndexes();
    for (const { entries } of [this.offsets, this.times]) {
      if (this.#isNew && !durably) await entries.make();
      else if (durably || !this.#hasIndexes || !entries.isSynced) await entries.sync();
    }
    this.#haveIndexes();
  }

  #haveIndexes(): void {
    if (!this.#hasIndexes) this.namesDurable = false;
    this.#hasIndexes = true;
    this.changed = false;
  }

  /** Its files are about to get `suffix`: whoever opens one from now on looks for it there, and never makes it. */
  movesAway(suffix: string): void {
    this.#suffix += suffix;
    const indexes = [this.offsets, this.times, ...(this.abortedCount > 0 ? [this.aborted] : [])];
    for (const file of [this.log, ...indexes.map(({ entries }) => entries.file)]) {
      if (!file.path.endsWith(this.#suffix)) file.path += suffix;
      file.mode = 'existing';
    }
  }

  /** Lets go of the files. */
  async close(): Promise<void> {
    await this.#files.close(this.log);
    if (this.#offsets !== undefined) await this.#files.close(this.#offsets.entries.file);
    if (this.#times !== undefined) await this.#files.close(this.#times.entries.file);
    if (this.#aborted !== undefined) await this.#files.close(this.#aborted.entries.file);
  }

  facts(): SegmentFacts {
    return {
      baseOffset: this.baseOffset,
      endOffset: this.endOffset,
      bytes: this.bytes,
      firstTimestamp: this.firstTimestamp,
      maxTimestamp: this.maxTimestamp,
      offsetOfMaxTimestamp: this.offsetOfMaxTimestamp,
      createdMs: this.createdMs,
      modifiedMs: this.modifiedMs,
      indexBytes: this.#offsets === undefined ? this.#indexBytes : this.#offsets.entries.count * 8,
      timeIndexBytes: this.#times === undefined ? this.#timeIndexBytes : this.#times.entries.count * 12,
      transactionIndexBytes: this.abortedCount * TRANSACTION_ENTRY_BYTES,
    };
  }
}
