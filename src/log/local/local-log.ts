/**
 * A partition's log in files. Owns where the log ends and the order of appends; the start knows where it begins, and the writer, the syncer, the reader and
 * the compaction do the work on the segments. It is closed by its owner or by its first fault, and never works again after either.
 */
import { limits } from '../../base/limits.ts';
import type { CompactionRequest, CompactionResult } from '../compaction/compaction-request.ts';
import type { EpochList } from '../epoch-list.ts';
import type {
  AbortedCount,
  AbortedTransaction,
  AppendedBatch,
  Cleanable,
  LeaderEpochEntry,
  LogId,
  LogRead,
  LogSettings,
  LogSlice,
  PartitionLog,
  Snapshot,
  TimestampOffset,
} from '../log-engine.ts';
import { LogClosed, LogFull } from '../log-faults.ts';
import { RecentTail } from '../recent-batches.ts';
import { expiredSegments } from '../retention.ts';
import { mustRoll, rollJitterMs } from '../segment-roll.ts';
import { AbortedLists } from './aborted-lists.ts';
import type { LogCut } from './backup/log-cut.ts';
import { EpochFile } from './epoch-file.ts';
import { JOURNALLED_LOG_BYTES_MAX } from './journal/sync-route.ts';
import { type CompactableLog, LogCompaction, type SwappedSegments } from './log-compaction.ts';
import type { LogDirectory } from './log-directory.ts';
import type { LogHost } from './log-host.ts';
import { LogReader, type ReadLog } from './log-reader.ts';
import { LogStart, type StartedLog } from './log-start.ts';
import type { LogState } from './log-state.ts';
import { LogSyncer, type SyncedLog } from './log-syncer.ts';
import { LogWriter, type WrittenLog } from './log-writer.ts';
import { newSegmentFacts, Segment } from './segment.ts';
import { SegmentList } from './segment-list.ts';
import { SnapshotFiles } from './snapshot-files.ts';

export interface LocalLogOptions extends FoundLog {
  readonly host: LogHost;
  readonly id: LogId;
  readonly directory: LogDirectory;
  readonly settings: LogSettings;
}

/** What opening has found out of a log. */
export interface FoundLog {
  readonly startOffset: number;
  /** Oldest first; may be empty. */
  readonly segments: readonly Segment[];
  /** Where the first segment begins when there is none. */
  readonly firstOffset: number;
  /** Below, the segments are synced. The journal has the rest of them, durably. */
  readonly syncedOffset: number;
  readonly epochs: EpochList;
  /** The epochs are not yet in their file. */
  readonly epochsChanged: boolean;
  readonly snapshots: readonly number[];
  /** A crash came after they were written. */
  readonly snapshotsMayBeTorn: boolean;
}

export class LocalLog implements PartitionLog, WrittenLog, SyncedLog, ReadLog, StartedLog, CompactableLog {
  readonly id: LogId;
  readonly directory: LogDirectory;
  onProgress: (fault: Error | undefined) => void = () => {};
  onRoll: (offset: number) => void = () => {};
  beforeStart: () => Promise<void> = async () => {};

  readonly #host: LogHost;
  readonly #usesReserve: boolean;
  readonly #segments: SegmentList;
  readonly #tail = new RecentTail();
  readonly #epochs: EpochFile;
  readonly #snapshots: SnapshotFiles;
  readonly #writer: LogWriter;
  readonly #syncer: LogSyncer;
  readonly #reader: LogReader;
  readonly #aborted: AbortedLists;
  readonly #start: LogStart;
  /** Made when first asked for: most logs are never compacted, and an idle one is to cost little. */
  #compaction: LogCompaction | undefined;
  #settings: LogSettings;
  #endOffset: number;
  /** Below, the segments have everything. */
  #writtenOffset: number;
  #closing: Promise<void> | undefined;
  #fault: Error | undefined;

  constructor(options: LocalLogOptions) {
    const { host, id, directory, settings } = options;
    const { env, files } = host;
    this.id = id;
    this.directory = directory;
    this.#host = host;
    this.#usesReserve = host.usesReserve(id);
    this.#settings = settings;
    const active = options.segments.at(-1) ?? this.#newSegment(options.firstOffset);
    const segments = new SegmentList(options.segments.slice(0, -1), active);
    this.#segments = segments;
    this.#endOffset = active.endOffset;
    this.#writtenOffset = this.#endOffset;
    this.#tail.writtenOffset = this.#endOffset;
    const { epochs, epochsChanged: isChanged, snapshots: offsets, snapshotsMayBeTorn: mayBeTorn } = options;
    this.#epochs = new EpochFile({ disk: env.disk, directory: directory.path, epochs, isChanged });
    const outlive = options.startOffset > 0;
    this.#snapshots = new SnapshotFiles({ disk: env.disk, directory, offsets, mayBeTorn, outlive });
    const tail = this.#tail;
    this.#writer = new LogWriter({ log: this, files, schedule: host.writes, tail, writtenOffset: this.#endOffset });
    this.#syncer = new LogSyncer({
      host,
      log: this,
      tail,
      durableOffset: this.#endOffset,
      syncedOffset: options.syncedOffset,
    });
    this.#reader = new LogReader({ env, log: this, files, segments, tail });
    this.#aborted = new AbortedLists({ log: this, segments });
    this.#start = new LogStart({
      host,
      log: this,
      syncer: this.#syncer,
      epochs: this.#epochs,
      snapshots: this.#snapshots,
      offset: options.startOffset,
    });
    for (const segment of segments.all) if (!segment.finished) this.#syncer.follow(segment);
  }

  get startOffset(): number {
    return this.#start.offset;
  }

  get endOffset(): number {
    return this.#endOffset;
  }

  get writtenOffset(): number {
    return Math.max(this.#writtenOffset, this.#syncer.durableOffset);
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
    return this.#segments.bytes;
  }

  append(batch: AppendedBatch): void {
    if (this.isOver) throw new LogClosed('an append to a closed log', { cause: this.#fault });
    if (!this.#host.room.take(batch.bytes.byteLength, this.#usesReserve)) throw new LogFull('the disk is full');
    this.#add(batch);
  }

  hasRoomFor(_bytes: number): boolean {
    return this.#usesReserve || !this.#host.room.full;
  }

  /** Takes back a batch that the journal has, also when the disk is full: it has its room in the reserve. */
  restore(batch: AppendedBatch): void {
    this.#add(batch);
    // The start may lie within the first one.
    if (batch.baseOffset < this.#start.offset) this.#epochs.cutStart(this.#start.offset);
    this.#syncer.restored(this.#endOffset);
  }

  /** What was restored is on stable storage in the journal. Throws the fault that has ended the log meanwhile. */
  trustRestored(): void {
    if (this.#fault !== undefined) throw this.#fault;
    this.#syncer.trustRestored();
  }

  #add(batch: AppendedBatch): void {
    const nowMs = this.#host.env.clock.now();
    if (mustRoll(this.#segments.active, batch, this.#settings, nowMs)) this.#roll(batch.baseOffset);
    const segment = this.#segments.active;
    this.#host.recent.add(this.#tail, batch.bytes, batch.lastOffset);
    const size = batch.bytes.byteLength;
    segment.add(batch, size, { indexIntervalBytes: this.#settings.indexIntervalBytes, nowMs });
    if (batch.aborted !== undefined) segment.aborted.append(batch.aborted);
    this.#segments.grew(size);
    this.#epochs.onBatch(batch.leaderEpoch, batch.baseOffset);
    this.#endOffset = batch.lastOffset + 1;
    this.#writer.add(segment, this.#endOffset, size);
  }

  #roll(offset: number): void {
    this.onRoll(offset);
    // What the old segment holds is synced in any case, so that a crash finds at most one segment to check.
    this.#syncer.request(this.#endOffset);
    const segment = this.#newSegment(offset);
    this.#segments.begin(segment);
    this.#syncer.follow(segment);
    this.#host.wantsCheckpoint();
  }

  #newSegment(offset: number): Segment {
    return new Segment({
      directory: this.directory.path,
      files: this.#host.files,
      facts: newSegmentFacts(offset, this.#host.env.clock.now()),
      exists: false,
      rollJitterMs: rollJitterMs(this.#settings, this.#host.env.random.next()),
      indexBytesMax: this.#settings.segmentIndexBytes,
    });
  }

  beforeSegment(): Promise<void> {
    return this.#syncer.beforeSegment();
  }

  onWritten(offset: number): void {
    this.#writtenOffset = offset;
    this.#tail.writtenOffset = offset;
    this.#syncer.written(offset);
    this.#progress();
  }

  onDurable(): void {
    this.#progress();
  }

  #progress(): void {
    if (!this.isOver) this.onProgress(undefined);
  }

  get isOver(): boolean {
    return this.#closing !== undefined || this.#fault !== undefined;
  }

  get fault(): Error | undefined {
    return this.#fault;
  }

  /** Ends the log: something has failed under it, or under its neighbours. */
  fail(fault: Error): void {
    if (this.#fault !== undefined) return;
    this.#fault = fault;
    this.#writer.stop();
    this.#syncer.stop(fault);
    this.#compaction?.abort();
    this.#host.failed(fault);
    if (this.#closing === undefined) this.onProgress(fault);
  }

  requestWrite(): void {
    if (this.#fault === undefined) this.#host.writes.soon(this.#writer);
  }

  requestSync(): void {
    if (this.#fault !== undefined) return;
    this.#syncer.request(this.#endOffset);
    // The journal is not for a log that syncs itself, or that has much to write.
    if (this.#syncer.isSyncing || this.#writer.queuedBytes > JOURNALLED_LOG_BYTES_MAX) this.requestWrite();
  }

  /** Resolves when everything appended is in synced segments. Rejects with the fault. */
  settle(): Promise<void> {
    return this.#syncer.sync();
  }

  read(read: LogRead): LogSlice | Promise<LogSlice> {
    return this.#reader.read(read);
  }

  mayHaveGaps({ baseOffset }: Segment): boolean {
    return this.#isCompacted || baseOffset < (this.cleanOffset ?? 0);
  }

  async offsetForTimestamp(request: { timestamp: number; endOffset: number }): Promise<TimestampOffset | undefined> {
    await this.#writeOrFault();
    return this.#reader.offsetForTimestamp(request);
  }

  offsetOfMaxTimestamp(): Promise<TimestampOffset | undefined> {
    return this.#reader.offsetOfMaxTimestamp();
  }

  async scan(offset: number, visit: (batch: Uint8Array) => void): Promise<void> {
    // After a crash that may be all of the log, and nobody needs its file yet.
    if (this.#fault === undefined && this.#tail.visit(offset, visit)) return;
    await this.#writeOrFault();
    return this.#reader.scan(offset, visit);
  }

  /** For those who look into the segments: after a fault not everything is there. */
  async #writeOrFault(): Promise<void> {
    await this.#writer.write();
    if (this.#fault !== undefined) throw this.#fault;
  }

  abortedTransactions(read: {
    offset: number;
    nextOffset: number;
  }): readonly AbortedTransaction[] | Promise<readonly AbortedTransaction[]> {
    return this.#aborted.in(read);
  }

  abortedCounts(): readonly AbortedCount[] {
    return this.#aborted.counts();
  }

  listsAborted(counts: readonly AbortedCount[]): boolean {
    return this.#aborted.agreeWith(counts);
  }

  forgetAborted(offset: number): Promise<void> {
    return this.#aborted.forget(offset);
  }

  listAborted(aborted: AbortedTransaction): void {
    this.#aborted.list(aborted);
  }

  async advanceStart(offset: number): Promise<void> {
    await this.#writer.write();
    await this.#epochs.save();
    await this.#start.moveTo(offset);
    this.#discardExpired();
    this.#progress();
  }

  async applyRetention(upTo: number): Promise<number> {
    await this.#writer.write();
    if (this.#expired(upTo) === 0) return 0;
    await this.#epochs.save();
    // It may have ended meanwhile.
    if (this.isOver) return 0;
    const count = this.#expired(upTo);
    if (count === this.#segments.all.length) this.#roll(this.#endOffset);
    // The start is durable before a file goes: if the deletion stops halfway, what is left of the old segments is below the start.
    await this.#start.moveTo(this.#segments.all[count]?.baseOffset ?? this.#endOffset);
    const removed = this.#discardExpired();
    this.#progress();
    return removed;
  }

  #expired(upTo: number): number {
    return expiredSegments({
      segments: this.#segments.all,
      settings: this.#settings,
      nowMs: this.#host.env.clock.now(),
      startOffset: this.#start.offset,
      upTo: Math.min(upTo, this.#writtenOffset),
    });
  }

  /** Lets go of the segments that lie wholly below the start; those that are being swapped are left for the next pass of retention. */
  #discardExpired(): number {
    if (this.isOver) return 0;
    const discarded = this.#segments.takeBelow(this.#start.offset);
    if (discarded.length === 0) return 0;
    this.#syncer.forget(discarded);
    this.#host.discard(this.directory, discarded, this.#settings.fileDeleteDelayMs);
    return discarded.length;
  }

  cleanable(upTo: number): Cleanable {
    return this.#compactor.cleanable(upTo);
  }

  compact(request: CompactionRequest): Promise<CompactionResult | undefined> {
    return this.#compactor.run(request);
  }

  /** See `LogCompaction`. */
  holdCompaction(): Promise<void> {
    return this.#compactor.hold();
  }

  releaseCompaction(): void {
    this.#compaction?.release();
  }

  get #compactor(): LogCompaction {
    const { env, files } = this.#host;
    const { path: directory } = this.directory;
    this.#compaction ??= new LogCompaction({ env, files, directory, segments: this.#segments, log: this });
    return this.#compaction;
  }

  get settings(): LogSettings {
    return this.#settings;
  }

  get cleanOffset(): number | undefined {
    return this.#host.cleanOffset(this.id);
  }

  saveCleanOffset(offset: number): Promise<void> {
    return this.#host.saveCleanOffset(this.id, offset);
  }

  onSwapped({ replaced, paths, endOffset }: SwappedSegments): void {
    this.#host.recent.dropBelow(this.#tail, endOffset);
    this.#host.discardRenamed(replaced, paths, this.#settings.fileDeleteDelayMs);
  }

  get #isCompacted(): boolean {
    return this.#settings.cleanupPolicy.includes('compact');
  }

  /** Where the log stands in this turn, with what is not written yet. */
  cut(): LogCut {
    const begun = this.#segments.all.filter(({ baseOffset }) => baseOffset < this.#endOffset);
    return {
      ...this.id,
      startOffset: this.#start.offset,
      endOffset: this.#endOffset,
      cleanOffset: this.cleanOffset,
      isCompacted: this.#isCompacted,
      segments: begun.map((segment) => ({
        baseOffset: segment.baseOffset,
        bytes: segment.bytes,
        isComplete: segment !== this.#segments.active,
      })),
    };
  }

  /** Resolves when everything appended is with the operating system; false after a fault. */
  async written(): Promise<boolean> {
    await this.#writer.write();
    return this.#fault === undefined;
  }

  reconfigure(settings: LogSettings): void {
    this.#settings = settings;
    this.#segments.active.limitIndexes(settings.segmentIndexBytes);
  }

  async writeSnapshot(offset: number, bytes: Uint8Array): Promise<void> {
    if (await this.#aborted.sync()) await this.directory.sync();
    await this.#snapshots.write({
      offset,
      bytes,
      durably: !this.#isSmall,
      syncedOffset: this.#syncer.syncedOffset,
    });
  }

  latestSnapshot<State>(decode: (bytes: Uint8Array) => State | undefined): Promise<Snapshot<State> | undefined> {
    return this.#snapshots.latest(decode);
  }

  /** To be durable before the recovery point moves, because below it batches are not looked at after a crash. */
  saveEpochs(): Promise<void> {
    return this.#epochs.save();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const faultBefore = this.#fault;
    await this.#compaction?.stop();
    // Those that have not begun by now are refused.
    await this.#start.settled();
    try {
      await this.#host.slots.run(() => this.#letGo());
    } catch (error) {
      this.#fault ??= error instanceof Error ? error : new Error(String(error));
    }
    this.#host.recent.drop(this.#tail);
    this.#host.closed(this, this.#fault === undefined ? this.#state() : undefined);
    if (this.#fault !== faultBefore) throw this.#fault;
  }

  /** The files of an orderly closed log need no check when it is opened again. */
  async #letGo(): Promise<void> {
    await this.#writer.write();
    try {
      // Before the segments are synced, so that one sync of the directory makes all names durable.
      if (this.#fault === undefined) await this.#completeIndexes();
    } finally {
      await this.#syncer.close();
    }
    if (this.#fault === undefined) await this.#saveNames();
    if (this.#fault === undefined) await this.#epochs.save(!this.#isSmall);
    for (const segment of this.#segments.all) await segment.close();
  }

  async #completeIndexes(): Promise<void> {
    for (const segment of this.#segments.all) if (segment.changed) await segment.rest(!this.#isSmall);
  }

  /** Those that no sync of a segment has made durable. */
  async #saveNames(): Promise<void> {
    const isNamed = ({ bytes, namesDurable }: Segment) => namesDurable || bytes === 0;
    if (!this.directory.durable || !this.#segments.all.every(isNamed)) await this.directory.sync();
  }

  /** Its epochs and its producers' state can be read from it in no time. */
  get #isSmall(): boolean {
    return this.bytes <= limits.smallLogBytes;
  }

  #state(): LogState {
    return {
      id: this.id,
      startOffset: this.#start.offset,
      epochs: this.leaderEpochs,
      epochsSaved: this.#epochs.isSaved,
      segments: this.#segments.all.map((segment) => segment.facts()),
      snapshots: this.#snapshots.offsets,
    };
  }
}
