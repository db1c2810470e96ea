/**
 * A partition's log in files. Owns the list of segments, where the log begins and ends, and the order of appends; the writer, the syncer and
 * the readers do the work on the files. It is closed by its owner or by its first fault, and never works again after either.
 */
import { assert } from '../../base/assert.ts';
import type { Env } from '../../base/env.ts';
import { DiskFault } from '../../base/faults.ts';
import { limits } from '../../base/limits.ts';
import type { Slots } from '../../base/slots.ts';
import { lastOffset } from '../../protocol/batch/header.ts';
import { type Cleanable, cleanablePart } from '../compaction/cleanable.ts';
import type { CompactionRequest, CompactionResult } from '../compaction/compaction-request.ts';
import type { EpochList } from '../epoch-list.ts';
import type {
  AbortedCount,
  AbortedTransaction,
  AppendedBatch,
  LeaderEpochEntry,
  LogId,
  LogRead,
  LogSettings,
  LogSlice,
  PartitionLog,
  TimestampOffset,
} from '../log-engine.ts';
import { LogClosed, LogFull } from '../log-faults.ts';
import { type RecentBatches, RecentTail } from '../recent-batches.ts';
import { firstRecordOfMaxTimestamp, firstRecordSince } from '../record-times.ts';
import { expiredSegments } from '../retention.ts';
import { mustRoll, rollJitterMs } from '../segment-roll.ts';
import type { LogCut } from './backup/log-cut.ts';
import { walkBatches } from './batch-walk.ts';
import { collectAborted, noneAborted } from './collect-aborted.ts';
import { type CompactedLog, compactLog } from './compact-log.ts';
import type { DiskRoom } from './disk-room.ts';
import { LEADER_EPOCHS } from './file-names.ts';
import type { Journal } from './journal/journal.ts';
import type { SyncRounds } from './journal/sync-rounds.ts';
import { formatLeaderEpochs } from './leader-epoch-checkpoint.ts';
import type { LogDirectory } from './log-directory.ts';
import type { LogState } from './log-state.ts';
import { LogSyncer } from './log-syncer.ts';
import { LogWriter } from './log-writer.ts';
import type { OpenFiles } from './open-files.ts';
import { newSegmentFacts, Segment } from './segment.ts';
import { type SearchedSlice, SegmentSearch } from './segment-search.ts';
import { swapSegment } from './segment-swap.ts';
import { replaceDerivedFile, replaceFile } from './small-files.ts';
import { SnapshotFiles } from './snapshot-files.ts';

/** What the engine does for its logs. */
export interface LogHost {
  readonly env: Env;
  readonly files: OpenFiles;
  readonly recent: RecentBatches;
  /** Opening and closing take turns: each needs a handful of files at once. */
  readonly slots: Slots;
  readonly syncSlots: Slots;
  readonly room: DiskRoom;
  /** Logs that go on when the disk is full except for its reserve. */
  usesReserve(id: LogId): boolean;
  /** A log has failed. */
  failed(fault: Error): void;
  readonly syncRounds: SyncRounds;
  readonly journal: Journal;
  /** Makes `offset` the log's durable start; resolves when it is. */
  saveStart(log: LocalLog, offset: number): Promise<void>;
  /** Takes the files of segments that are no longer part of the log. */
  discard(log: LocalLog, segments: readonly Segment[], delayMs: number): void;
  /** Below, the log is compacted. */
  cleanOffset(log: LocalLog): number;
  saveCleanOffset(log: LocalLog, offset: number): Promise<void>;
  /** Removes files that have been taken out of the log, some time later. */
  discardRenamed(segments: readonly Segment[], paths: readonly string[], delayMs: number): void;
  /** A segment is complete: checking it after a crash can be spared. */
  wantsCheckpoint(): void;
  /** `state` is undefined when the log failed. */
  closed(log: LocalLog, state: LogState | undefined): void;
}

export interface LocalLogOptions {
  readonly host: LogHost;
  readonly id: LogId;
  readonly directory: LogDirectory;
  readonly settings: LogSettings;
  readonly startOffset: number;
  /** Oldest first; may be empty. */
  readonly segments: readonly Segment[];
  /** Where the first segment begins when there is none. */
  readonly firstOffset: number;
  readonly epochs: EpochList;
  /** The epochs are not yet in their file. */
  readonly epochsChanged: boolean;
  readonly snapshots: readonly number[];
}

export class LocalLog implements PartitionLog {
  readonly id: LogId;
  readonly directory: LogDirectory;
  onProgress: (fault: Error | undefined) => void = () => {};
  onRoll: (offset: number) => void = () => {};

  readonly #host: LogHost;
  readonly #usesReserve: boolean;
  readonly #epochs: EpochList;
  readonly #snapshots: SnapshotFiles;
  readonly #tail = new RecentTail();
  readonly #writer: LogWriter;
  readonly #syncer: LogSyncer;
  readonly #search: SegmentSearch;
  /** Oldest first, never empty; the last one takes the appends. */
  #segments: Segment[];
  #active: Segment;
  #settings: LogSettings;
  #startOffset: number;
  /** The save of the start that began last. */
  #startSaving: Promise<void> = Promise.resolve();
  #endOffset: number;
  #writtenOffset: number;
  /** Where the batch before `#writtenOffset` ends. */
  #writtenTo: { readonly segment: Segment; readonly bytes: number };
  #bytes = 0;
  #epochsChanged: boolean;
  /** Writes of the epochs file that are under way or waiting: they happen one after the other. */
  #epochsSaved: Promise<void> | undefined;
  #compaction: { readonly promise: Promise<unknown>; readonly abort: AbortController } | undefined;
  /** Files are getting other names. */
  #swapping: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #fault: Error | undefined;

  constructor(options: LocalLogOptions) {
    const { host } = options;
    this.id = options.id;
    this.directory = options.directory;
    this.#host = host;
    this.#usesReserve = host.usesReserve(options.id);
    this.#settings = options.settings;
    this.#startOffset = options.startOffset;
    this.#segments = [...options.segments];
    this.#active = this.#segments.at(-1) ?? this.#newSegment(options.firstOffset);
    this.#endOffset = this.#active.endOffset;
    this.#writtenOffset = this.#endOffset;
    this.#writtenTo = { segment: this.#active, bytes: this.#active.bytes };
    this.#tail.writtenOffset = this.#endOffset;
    for (const segment of this.#segments) this.#bytes += segment.bytes;
    this.#epochs = options.epochs;
    this.#epochsChanged = options.epochsChanged;
    const directory = options.directory.path;
    this.#snapshots = new SnapshotFiles({ disk: host.env.disk, directory, offsets: options.snapshots });
    this.#search = new SegmentSearch({
      files: host.files,
      buffers: host.env.readBuffers,
      logger: host.env.logger,
    });
    this.#writer = new LogWriter({
      timers: host.env.timers,
      files: host.files,
      beforeSegment: () => this.#syncer.beforeSegment(),
      onWritten: (offset, segment) => this.#onWritten(offset, segment),
      onFault: (fault) => this.fail(fault),
    });
    this.#syncer = new LogSyncer({
      id: options.id,
      files: host.files,
      slots: host.syncSlots,
      rounds: host.syncRounds,
      journal: host.journal,
      directory: options.directory,
      tail: this.#tail,
      durableOffset: this.#endOffset,
      onDurable: () => this.#progress(),
      onFault: (fault) => this.fail(fault),
    });
    for (const segment of this.#segments) if (!segment.finished) this.#syncer.follow(segment);
  }

  get startOffset(): number {
    return this.#startOffset;
  }

  get endOffset(): number {
    return this.#endOffset;
  }

  get writtenOffset(): number {
    return this.#writtenOffset;
  }

  get durableOffset(): number {
    return this.#syncer.durableOffset;
  }

  get recoveryPoint(): number {
    return this.#syncer.recoveryPoint;
  }

  get leaderEpochs(): readonly LeaderEpochEntry[] {
    return this.#epochs.entries;
  }

  get bytes(): number {
    return this.#bytes;
  }

  append(batch: AppendedBatch): void {
    if (this.#closing !== undefined || this.#fault !== undefined) {
      throw new LogClosed('an append to a closed log', { cause: this.#fault });
    }
    if (!this.#host.room.take(batch.bytes.byteLength, this.#usesReserve)) throw new LogFull('the disk is full');
    this.#add(batch);
  }

  /** Takes back a batch that the journal has, also when the disk is full: it has its room in the reserve. */
  restore(batch: AppendedBatch): void {
    this.#add(batch);
  }

  #add(batch: AppendedBatch): void {
    const nowMs = this.#host.env.clock.now();
    if (mustRoll(this.#active, batch, this.#settings, nowMs)) this.#roll(batch.baseOffset);
    const stored = this.#host.recent.add(this.#tail, batch.bytes, batch.lastOffset);
    const size = stored.bytes.byteLength;
    this.#active.add(batch, size, { indexIntervalBytes: this.#settings.indexIntervalBytes, nowMs });
    if (batch.aborted !== undefined) this.#active.aborted.append(batch.aborted);
    if (this.#epochs.onBatch(batch.leaderEpoch, batch.baseOffset)) this.#epochsChanged = true;
    this.#bytes += size;
    this.#endOffset = batch.lastOffset + 1;
    this.#writer.add({ segment: this.#active, bytes: stored.bytes, lastOffset: batch.lastOffset });
  }

  #roll(offset: number): void {
    this.onRoll(offset);
    // What the old segment holds is synced in any case, so that a crash finds at most one segment to check.
    this.#syncer.request(this.#endOffset);
    this.#active = this.#newSegment(offset);
    this.#syncer.follow(this.#active);
    this.#host.wantsCheckpoint();
  }

  #newSegment(offset: number): Segment {
    const segment = new Segment({
      directory: this.directory.path,
      files: this.#host.files,
      facts: newSegmentFacts(offset, this.#host.env.clock.now()),
      exists: false,
      rollJitterMs: rollJitterMs(this.#settings, this.#host.env.random.next()),
      indexBytesMax: this.#settings.segmentIndexBytes,
    });
    this.#segments.push(segment);
    return segment;
  }

  #onWritten(offset: number, segment: Segment): void {
    this.#writtenOffset = offset;
    this.#writtenTo = { segment, bytes: segment.writtenBytes };
    this.#tail.writtenOffset = offset;
    this.#syncer.written(offset);
    this.#progress();
  }

  #progress(): void {
    if (this.#closing === undefined && this.#fault === undefined) this.onProgress(undefined);
  }

  /** Ends the log: something has failed under it, or under its neighbours. */
  fail(fault: Error): void {
    if (this.#fault !== undefined) return;
    this.#fault = fault;
    this.#compaction?.abort.abort();
    this.#host.failed(fault);
    if (this.#closing === undefined) this.onProgress(fault);
  }

  requestSync(): void {
    if (this.#fault === undefined) this.#syncer.request(this.#endOffset);
  }

  /** Makes the segments themselves durable as far as they are written. Rejects with the fault. */
  syncSegments(): Promise<void> {
    return this.#syncer.sync();
  }

  /** Resolves when everything appended is in synced segments. Rejects with the fault. */
  async settle(): Promise<void> {
    await this.#writer.idle();
    if (this.#fault !== undefined) throw this.#fault;
    await this.#syncer.sync();
  }

  read(read: LogRead): LogSlice | Promise<LogSlice> {
    const index = this.#indexOf(read.offset);
    const next = this.#segments[index + 1];
    const inSegment = next === undefined || read.endOffset <= next.baseOffset;
    const limited = inSegment ? read : { ...read, endOffset: next.baseOffset };
    const recent = this.#tail.read(limited);
    if (recent !== undefined && (recent.bytes > 0 || inSegment)) return recent;
    return this.#readFiles(read);
  }

  /** A segment may have nothing at or above the offset (compaction leaves gaps): the next one has it. */
  async #readFiles(read: LogRead): Promise<LogSlice> {
    const empty: LogSlice = { parts: [], bytes: 0, nextOffset: read.offset };
    const segments = this.#segments;
    for (let index = this.#indexOf(read.offset); index < segments.length; index += 1) {
      const segment = segments[index];
      if (segment === undefined || segment.baseOffset >= read.endOffset) break;
      const slice = await this.#readSegment(segment, read);
      if (slice === undefined) return read.offset < this.#startOffset ? empty : this.#readFiles(read);
      if (slice.bytes > 0 || slice.more) return slice;
      if (this.#isMissing(segment, read)) this.#search.tellGap(segment, Math.max(read.offset, segment.baseOffset));
      const recent = this.#tail.read(read);
      if (recent !== undefined) return recent;
    }
    return empty;
  }

  /** A complete segment has all its offsets, unless compaction has been there. */
  #isMissing(segment: Segment, { offset, endOffset }: LogRead): boolean {
    const isComplete = segment !== this.#active && segment.writtenBytes === segment.bytes;
    const wanted = offset < segment.endOffset && endOffset >= segment.endOffset;
    if (segment.baseOffset < this.#host.cleanOffset(this)) return false;
    return isComplete && wanted && !this.#settings.cleanupPolicy.includes('compact');
  }

  /** Undefined when retention or compaction took the segment's files away in the meantime. */
  async #readSegment(segment: Segment, read: LogRead): Promise<SearchedSlice | undefined> {
    try {
      return await this.#search.read(segment, read);
    } catch (error) {
      if (isAbsent(error)) await this.#swapping;
      if (isAbsent(error) && !this.#segments.includes(segment)) return undefined;
      this.#search.tellDamage(segment, read.offset, error);
      throw error;
    }
  }

  /** The segment that has `offset`, or would have it. */
  #indexOf(offset: number): number {
    const segments = this.#segments;
    if (offset >= this.#active.baseOffset) return segments.length - 1;
    let low = 0;
    let high = segments.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((segments[middle]?.baseOffset ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Runs `work` again when the files of its segments were replaced under it. */
  async #steadily<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      const segments = this.#segments;
      try {
        return await work();
      } catch (error) {
        if (!isAbsent(error)) throw error;
        await this.#swapping;
        if (this.#segments === segments) throw error;
      }
    }
  }

  offsetForTimestamp(request: { timestamp: number; endOffset: number }): Promise<TimestampOffset | undefined> {
    return this.#steadily(() => this.#offsetForTimestamp(request));
  }

  async #offsetForTimestamp(request: { timestamp: number; endOffset: number }): Promise<TimestampOffset | undefined> {
    const { timestamp, endOffset } = request;
    const startOffset = this.#startOffset;
    for (const segment of this.#segments.slice(this.#indexOf(startOffset))) {
      if (segment.maxTimestamp < timestamp) continue;
      let from: number | undefined = startOffset;
      while (from !== undefined) {
        const offset = await this.#search.batchSince(segment, timestamp, from);
        const batch = offset === undefined ? undefined : await this.#batchAt(offset);
        const found = batch === undefined ? undefined : firstRecordSince(batch, timestamp, startOffset);
        if (found !== undefined) return found.offset < endOffset ? found : undefined;
        from = batch === undefined ? undefined : lastOffset(batch) + 1;
      }
    }
    return undefined;
  }

  async offsetOfMaxTimestamp(): Promise<TimestampOffset | undefined> {
    let best: Segment | undefined;
    for (const segment of this.#segments) {
      if (segment.bytes > 0 && (best === undefined || segment.maxTimestamp > best.maxTimestamp)) best = segment;
    }
    if (best === undefined) return undefined;
    const batch = await this.#batchAt(best.maxTimestamp < 0 ? best.baseOffset : best.offsetOfMaxTimestamp);
    return batch === undefined ? undefined : firstRecordOfMaxTimestamp(batch);
  }

  async #batchAt(offset: number): Promise<Uint8Array | undefined> {
    const slice = await this.read({ offset, endOffset: this.#endOffset, bytesMax: 1, atLeastOneBatch: true });
    return slice.parts[0];
  }

  abortedTransactions(read: {
    offset: number;
    nextOffset: number;
  }): readonly AbortedTransaction[] | Promise<readonly AbortedTransaction[]> {
    const segments = this.#segments;
    for (let index = this.#indexOf(read.offset); index < segments.length; index += 1) {
      const segment = segments[index];
      if (segment !== undefined && segment.abortedCount > 0 && segment.aborted.mayHaveSince(read.offset)) {
        return this.#collectAborted(index, read);
      }
    }
    return noneAborted;
  }

  /** A list that is gone cannot be done without: the log fails, and opening it again makes the list anew. */
  async #collectAborted(
    from: number,
    read: { offset: number; nextOffset: number },
  ): Promise<readonly AbortedTransaction[]> {
    const segments = this.#segments;
    try {
      return await collectAborted(segments, from, {
        ...read,
        readSegment: segments[this.#indexOf(read.nextOffset - 1)],
      });
    } catch (error) {
      if (!(error instanceof DiskFault)) throw error;
      await this.#swapping;
      // Retention or compaction took segments away in the meantime, with their lists.
      if (segments !== this.#segments) return this.abortedTransactions(read);
      this.fail(error);
      throw error;
    }
  }

  abortedCounts(): readonly AbortedCount[] {
    const listing = this.#segments.filter(({ abortedCount }) => abortedCount > 0);
    return listing.map(({ baseOffset, abortedCount }) => ({ baseOffset, count: abortedCount }));
  }

  listsAborted(counts: readonly AbortedCount[]): boolean {
    const countOf = new Map(counts.map(({ baseOffset, count }) => [baseOffset, count]));
    return this.#segments.every(({ baseOffset, abortedCount }) => abortedCount === (countOf.get(baseOffset) ?? 0));
  }

  async forgetAborted(offset: number): Promise<void> {
    for (const segment of this.#segments.slice(this.#indexOf(offset))) {
      if (segment.abortedCount > 0) await segment.aborted.truncateAbove(offset - 1);
    }
  }

  listAborted(aborted: AbortedTransaction): void {
    this.#segments[this.#indexOf(aborted.lastOffset)]?.aborted.append(aborted);
  }

  scan(offset: number, visit: (batch: Uint8Array) => void): Promise<void> {
    let next = offset;
    const visitNext = (batch: Uint8Array): boolean => {
      if (lastOffset(batch) < next) return true;
      next = lastOffset(batch) + 1;
      visit(batch);
      return true;
    };
    return this.#steadily(() => this.#scan(next, visitNext));
  }

  async #scan(offset: number, visitFrom: (batch: Uint8Array) => boolean): Promise<void> {
    for (const segment of this.#segments.slice(this.#indexOf(offset))) {
      const from = await this.#search.positionOf(segment, offset);
      const to = segment.writtenBytes;
      if (from >= to) continue;
      await this.#host.files.use(segment.log, (file) =>
        walkBatches({ file, from, to, whole: false, visit: visitFrom }),
      );
    }
  }

  async advanceStart(offset: number): Promise<void> {
    await this.saveEpochs();
    await this.#saveStart(offset);
    this.#discardExpired(this.#startOffset);
    this.#progress();
  }

  async applyRetention(upTo: number): Promise<number> {
    if (this.#expired(upTo) === 0) return 0;
    await this.saveEpochs();
    // It may have ended meanwhile.
    if (this.#closing !== undefined || this.#fault !== undefined) return 0;
    const count = this.#expired(upTo);
    if (count === this.#segments.length) this.#roll(this.#endOffset);
    // The start is durable before a file goes: if the deletion stops halfway, what is left of the old segments is below the start.
    await this.#saveStart(this.#segments[count]?.baseOffset ?? this.#endOffset);
    const removed = this.#discardExpired(this.#startOffset);
    this.#progress();
    return removed;
  }

  /** Durable before anybody is told, and before files below it go for good (invariant I5). */
  async #saveStart(offset: number): Promise<void> {
    if (offset <= this.#startOffset) return;
    if (this.#closing !== undefined || this.#fault !== undefined) {
      throw new LogClosed('the start of a closed log stays', { cause: this.#fault });
    }
    const saving = this.#host.saveStart(this, offset).then(() => this.#moveStart(offset));
    this.#startSaving = saving.catch(() => {});
    await saving;
  }

  #moveStart(offset: number): void {
    if (offset <= this.#startOffset) return;
    this.#startOffset = offset;
    this.#epochs.cutStart(offset);
  }

  #expired(upTo: number): number {
    return expiredSegments({
      segments: this.#segments,
      settings: this.#settings,
      nowMs: this.#host.env.clock.now(),
      startOffset: this.#startOffset,
      upTo: Math.min(upTo, this.#writtenOffset),
    });
  }

  /** Lets go of the segments that lie wholly below the start. */
  #discardExpired(startOffset: number): number {
    let count = 0;
    while (count < this.#segments.length - 1 && (this.#segments[count + 1]?.baseOffset ?? 0) <= startOffset) count += 1;
    const discarded = this.#segments.slice(0, count);
    if (count === 0 || this.#fault !== undefined || this.#closing !== undefined) return 0;
    // Files that are getting other names are left for the next pass of retention.
    if (this.#swapping !== undefined) return 0;
    this.#segments = this.#segments.slice(count);
    for (const segment of discarded) this.#bytes -= segment.bytes;
    this.#syncer.forget(discarded);
    this.#host.discard(this, discarded, this.#settings.fileDeleteDelayMs);
    return count;
  }

  cleanable(upTo: number): Cleanable {
    const unfinished = this.#segments.find(({ finished }) => !finished);
    return cleanablePart({
      segments: this.#segments,
      settings: this.#settings,
      nowMs: this.#host.env.clock.now(),
      startOffset: this.#startOffset,
      cleanOffset: Math.min(this.#host.cleanOffset(this), this.#endOffset),
      upTo: Math.min(upTo, unfinished?.baseOffset ?? this.#endOffset),
    });
  }

  async compact(request: CompactionRequest): Promise<CompactionResult | undefined> {
    assert(this.#compaction === undefined, 'two compactions of a log at a time', { id: this.id });
    const abort = new AbortController();
    const signal = AbortSignal.any([request.signal, abort.signal]);
    const promise = this.#compact({ ...request, signal });
    this.#compaction = { promise: promise.catch(() => {}), abort };
    try {
      return await promise;
    } finally {
      this.#compaction = undefined;
    }
  }

  async #compact(request: CompactionRequest): Promise<CompactionResult | undefined> {
    const { env, files } = this.#host;
    const log: CompactedLog = {
      disk: env.disk,
      files,
      directory: this.directory.path,
      settings: this.#settings,
      nowMs: env.clock.now(),
      segments: this.#segments,
      swap: (replaced, cleaned) => this.#swap(replaced, cleaned),
    };
    const result = await compactLog(log, this.cleanable(request.upTo), request);
    // Only now: what is not swapped is to be done again.
    if (result !== undefined) await this.#host.saveCleanOffset(this, result.cleanOffset);
    return result;
  }

  /** False when some of `replaced` are gone meanwhile, or the log is. A swap that fails halfway fails the log: opening it again finishes the swap. */
  async #swap(replaced: readonly Segment[], cleaned: Segment): Promise<boolean> {
    if (this.#fault !== undefined || this.#closing !== undefined) return false;
    if (!replaced.every((segment) => this.#segments.includes(segment))) return false;
    const swapping = this.#swapFiles(replaced, cleaned);
    this.#swapping = swapping.catch(() => {});
    try {
      await swapping;
      return true;
    } catch (error) {
      this.fail(error instanceof Error ? error : new Error(String(error)));
      throw error;
    } finally {
      this.#swapping = undefined;
    }
  }

  async #swapFiles(replaced: readonly Segment[], cleaned: Segment): Promise<void> {
    const { env, files, recent } = this.#host;
    const { baseOffset } = cleaned;
    const directory = this.directory.path;
    const paths = await swapSegment({ disk: env.disk, directory, baseOffset, replaced });
    const last = replaced.at(-1);
    const endOffset = last?.endOffset ?? cleaned.endOffset;
    const segment = new Segment({
      directory,
      files,
      facts: { ...cleaned.facts(), endOffset },
      exists: true,
      rollJitterMs: 0,
      indexBytesMax: this.#settings.segmentIndexBytes,
    });
    segment.finished = true;
    const first = this.#segments.findIndex((other) => replaced.includes(other));
    this.#segments = this.#segments.toSpliced(first, replaced.length, segment);
    for (const old of replaced) this.#bytes -= old.bytes;
    this.#bytes += segment.bytes;
    recent.dropBelow(this.#tail, endOffset);
    this.#host.discardRenamed(replaced, paths, this.#settings.fileDeleteDelayMs);
  }

  /** Where the log stands in this turn, as far as it is written. */
  cut(): LogCut {
    const written = this.#writtenTo;
    const begun = this.#segments.filter(({ baseOffset }) => baseOffset < this.#writtenOffset);
    return {
      ...this.id,
      startOffset: this.#startOffset,
      endOffset: this.#writtenOffset,
      cleanOffset: this.#host.cleanOffset(this),
      isCompacted: this.#settings.cleanupPolicy.includes('compact'),
      segments: begun.map((segment) => {
        const bytes = segment === written.segment ? written.bytes : segment.bytes;
        return {
          baseOffset: segment.baseOffset,
          bytes,
          isComplete: segment !== this.#active && bytes === segment.bytes,
        };
      }),
    };
  }

  reconfigure(settings: LogSettings): void {
    this.#settings = settings;
    this.#active.limitIndexes(settings.segmentIndexBytes);
  }

  async writeSnapshot(offset: number, bytes: Uint8Array): Promise<void> {
    const unsynced = this.#segments.filter(({ isAbortedSynced }) => !isAbortedSynced);
    for (const segment of unsynced) await segment.aborted.sync();
    if (unsynced.length > 0) await this.directory.sync();
    await this.#snapshots.write(offset, bytes, !this.#isSmall);
  }

  latestSnapshot(): Promise<{ offset: number; bytes: Uint8Array } | undefined> {
    return this.#snapshots.latest();
  }

  /**
   * To be durable before the recovery point moves, because below it batches are not looked at after a crash, and before batches go. The start
   * is not part of it: whoever reads the file cuts it there.
   */
  saveEpochs(durably = true): Promise<void> {
    if (!this.#epochsChanged && this.#epochsSaved === undefined) return Promise.resolve();
    const saved = (this.#epochsSaved ?? Promise.resolve()).catch(() => {}).then(() => this.#writeEpochs(durably));
    this.#epochsSaved = saved.finally(() => {
      if (!this.#epochsChanged) this.#epochsSaved = undefined;
    });
    return this.#epochsSaved;
  }

  async #writeEpochs(durably: boolean): Promise<void> {
    if (!this.#epochsChanged) return;
    const { disk } = this.#host.env;
    const path = `${this.directory.path}/${LEADER_EPOCHS}`;
    if (!durably) return replaceDerivedFile(disk, path, formatLeaderEpochs(this.leaderEpochs));
    this.#epochsChanged = false;
    try {
      await replaceFile(disk, path, formatLeaderEpochs(this.leaderEpochs));
      await disk.syncDirectory(this.directory.path);
    } catch (error) {
      this.#epochsChanged = true;
      throw error;
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const faultBefore = this.#fault;
    this.#compaction?.abort.abort();
    await this.#compaction?.promise;
    await this.#startSaving;
    await this.#writer.idle();
    await this.#syncer.close();
    try {
      await this.#host.slots.run(() => this.#letGo());
    } catch (error) {
      this.#fault ??= error instanceof Error ? error : new Error(String(error));
    }
    this.#host.recent.drop(this.#tail);
    this.#host.closed(this, this.#fault === undefined ? this.#state() : undefined);
    if (this.#fault !== faultBefore) throw this.#fault;
  }

  async #letGo(): Promise<void> {
    if (this.#fault === undefined) await this.#saveDerived();
    for (const segment of this.#segments) await segment.close();
  }

  /** The files of an orderly closed log need no check when it is opened again. */
  async #saveDerived(): Promise<void> {
    const changed = this.#segments.filter((segment) => segment.changed);
    for (const segment of changed) await segment.finish();
    if (changed.length > 0 || !this.directory.durable) await this.directory.sync();
    await this.saveEpochs(!this.#isSmall);
  }

  /** Its epochs and its producers' state can be read from it in no time. */
  get #isSmall(): boolean {
    return this.#bytes <= limits.smallLogBytes;
  }

  #state(): LogState {
    return {
      id: this.id,
      startOffset: this.#startOffset,
      epochs: this.leaderEpochs,
      epochsSaved: !this.#epochsChanged,
      segments: this.#segments.map((segment) => segment.facts()),
      snapshots: this.#snapshots.offsets,
    };
  }
}

function isAbsent(error: unknown): boolean {
  return error instanceof DiskFault && error.kind === 'absent';
}
