/**
 * The seam between a partition and the place where its bytes live. Two engines implement it (local files, memory); the contract suite
 * `log-engine.contract.ts` is the specification that each of them passes.
 *
 * A log knows batches, offsets, epochs and bytes. It knows no producers, no watermarks and no clients. It has one writer, the
 * partition that opened it. Record bytes are kept and served as they came.
 */
import type { TopicSettings } from '../config/topic-settings.ts';
import type { CompactionRequest, CompactionResult } from './compaction/compaction-request.ts';

export interface LogEngine {
  /**
   * Opens a partition's log, and makes it when absent. What was not known to be synced is checked here and a torn tail is cut.
   * Opening the same log twice at the same time is a bug of the caller.
   */
  open(id: LogId, settings: LogSettings): Promise<PartitionLog>;
  /** The logs that exist, opened or not. */
  list(): Promise<readonly LogId[]>;
  /** Forgets a log that is not open (close it first). Its name is free again when this returns; its bytes may go later. */
  remove(id: LogId): Promise<void>;
  /** The same for a log that may be somebody's: where logs are files, these are kept under another name. */
  setAside(id: LogId): Promise<void>;
  /** Bytes on the disk per log. */
  usage(): Promise<readonly LogUsage[]>;
  /** The same by directory, for DescribeLogDirs; one that cannot be used has no logs. */
  directories(): Promise<readonly DirectoryUsage[]>;
  /** Where the engine has directories to choose from. */
  readonly placing?: LogPlacing;
  /** A clean stop: everything is written, synced and marked so that the next start scans nothing. */
  close(): Promise<void>;
}

export interface LogName {
  readonly topic: string;
  readonly partition: number;
}

export interface LogId extends LogName {
  /** Kafka's 22 characters. */
  readonly topicId: string;
}

export interface LogUsage {
  readonly id: LogId;
  readonly bytes: number;
}

export interface DirectoryUsage {
  readonly path: string;
  readonly isOffline: boolean;
  /** Of the volume; -1 when unknown. */
  readonly totalBytes: number;
  readonly usableBytes: number;
  readonly logs: readonly LogUsage[];
  /** Copies of logs that are being moved here. */
  readonly futures?: readonly FutureUsage[];
}

export interface FutureUsage extends LogUsage {
  /** About how many offsets are still to be copied. */
  readonly offsetLag: number;
}

/** Lets somebody choose where a log is (KIP-113). */
export interface LogPlacing {
  /** Undefined: there is no such directory. */
  placeAt(path: string): LogPlace | undefined;
}

export interface LogPlace {
  readonly isOffline: boolean;
  /** Should there be no such log yet, it will be made here. Forgotten by a restart. */
  prefer(name: LogName): void;
  /**
   * Moves a log that was opened here, while it is used, or leaves it here; what was wished before is given up. The wish is durable when this
   * resolves. Rejects with a DiskFault.
   */
  move(id: LogId): Promise<void>;
}

/** The part of a topic's settings that a log follows. `TopicSettings` is the typed view that config/ makes. */
export type LogSettings = Pick<
  TopicSettings,
  | 'cleanupPolicy'
  | 'deleteRetentionMs'
  | 'fileDeleteDelayMs'
  | 'indexIntervalBytes'
  | 'maxCompactionLagMs'
  | 'minCleanableDirtyRatio'
  | 'minCompactionLagMs'
  | 'retentionBytes'
  | 'retentionMs'
  | 'segmentBytes'
  | 'segmentIndexBytes'
  | 'segmentJitterMs'
  | 'segmentMs'
>;

/** What the partition decided about one batch. The bytes are final: offsets, epoch and CRC are already in them. */
export interface AppendedBatch {
  readonly bytes: Uint8Array;
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly leaderEpoch: number;
  /** -1 when the batch has no timestamp. */
  readonly maxTimestamp: number;
  /** The transaction that this batch, a control batch, aborts. */
  readonly aborted?: AbortedTransaction | undefined;
}

export interface AbortedCount {
  /** Of the segment. */
  readonly baseOffset: number;
  readonly count: number;
}

/** A transaction of this log that was aborted: what readers of committed records have to leave out (KIP-98). */
export interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
  /** Of the marker. */
  readonly lastOffset: number;
  /** The last stable offset as the marker left it: no transaction that was aborted later lies wholly below it. */
  readonly lastStableOffset: number;
}

export interface PartitionLog {
  readonly id: LogId;
  /** The first offset that may be read; moved by retention and `advanceStart`. */
  readonly startOffset: number;
  /** The offset that the next batch gets: the last appended offset + 1. */
  readonly endOffset: number;
  /** Everything below is with the operating system (memory engine: equals `endOffset`). */
  readonly writtenOffset: number;
  /** Everything below is on stable storage: it follows the syncs, whoever wished for them. */
  readonly durableOffset: number;
  /** Ascending `{ epoch, startOffset }`, from the log itself. */
  readonly leaderEpochs: readonly LeaderEpochEntry[];
  /** Bytes of all segments. */
  readonly bytes: number;

  /**
   * Queues one batch, synchronously; it can be read at once. Without a wish (below) it stays in memory as long as there is room.
   * The caller may go on using `batch`, but must leave its bytes as they are: they are kept, not copied, when they are large.
   *
   * Throws, and has then done nothing: `LogClosed` after a fault or close, `LogFull` when an engine with a bound has no room
   * (KAFKA_STORAGE_ERROR for the client; the log stays open). So append before anything that must not happen without it.
   */
  append(batch: AppendedBatch): void;

  /** Whether an append of so many bytes would not be refused with `LogFull` now. */
  hasRoomFor(bytes: number): boolean;

  /**
   * Called after `writtenOffset`, `durableOffset` or `startOffset` moved, and once with a fault when the log failed (it is then closed: reopen it).
   * Set once, by the partition that opened the log. Never called from inside a method of this log.
   */
  onProgress: (fault: Error | undefined) => void;

  /** Asks that the operating system has everything appended so far at the end of this turn: one write serves all of it. */
  requestWrite(): void;

  /**
   * Asks that everything appended so far becomes durable soon; concurrent wishes share one sync. Without a wish the log syncs only what it
   * needs to sync for itself (a segment that is complete). When to wish is the partition's business.
   */
  requestSync(): void;

  /**
   * Whole batches from the one that contains `offset` on, as stored (the first may begin before `offset`), at most `bytesMax` bytes; when
   * `atLeastOneBatch`, the first batch comes even if it is larger. Nothing at or above `endOffset` (the argument) is returned.
   * A read stays inside one segment. Recent batches come from memory, in the same turn (a plain value); older ones are a promise.
   */
  read(request: LogRead): LogSlice | Promise<LogSlice>;

  /** The first record from the log start on whose timestamp is >= `timestamp`, below `endOffset`. Undefined when there is none. */
  offsetForTimestamp(request: { timestamp: number; endOffset: number }): Promise<TimestampOffset | undefined>;
  /**
   * The record with the largest timestamp (the first of equals); -1 as timestamp when no record has one. Undefined when the log is empty.
   * As in Apache Kafka, it may lie below a log start that was moved into its segment.
   */
  offsetOfMaxTimestamp(): Promise<TimestampOffset | undefined>;

  /**
   * What a reader of `[offset, nextOffset)` has to leave out: aborted transactions that reach into it, in the order of their markers. It may list some that lie
   * behind: as in Apache Kafka the range is taken up to the next place that the log can find quickly. A plain value when there are none.
   */
  abortedTransactions(read: {
    readonly offset: number;
    readonly nextOffset: number;
  }): readonly AbortedTransaction[] | Promise<readonly AbortedTransaction[]>;
  /** How many aborted transactions each segment lists that lists any; to be kept with a snapshot, for `listsAborted`. */
  abortedCounts(): readonly AbortedCount[];
  /** False when a segment that is still there lists fewer or more than it did: then somebody has to list them again. */
  listsAborted(counts: readonly AbortedCount[]): boolean;
  /** Forgets the aborted transactions whose markers lie at or above `offset`, so that they can be listed again. Before the first append only. */
  forgetAborted(offset: number): Promise<void>;
  /** Lists one again; in the order of the markers. Before the first append only. */
  listAborted(aborted: AbortedTransaction): void;

  /**
   * Visits all batches that are written, from the one that contains `offset`, in order; for rebuilding what is derived from the log.
   * `batch` has at least the whole header, and all of a control batch; it is lent until `visit` returns.
   */
  scan(offset: number, visit: (batch: Uint8Array) => void): Promise<void>;

  /** Moves the start (DeleteRecords); durable when it resolves. Segments wholly below may go. */
  advanceStart(offset: number): Promise<void>;
  /** Deletes what retention by time and size allows now, never at or above `upTo`. Answers how many segments went. */
  applyRetention(upTo: number): Promise<number>;
  /** What a compaction could look at now, below `upTo`. */
  cleanable(upTo: number): Cleanable;
  /**
   * Leaves the last record of each key in the complete segments below `upTo`, by Apache Kafka's rules; offsets stay. Reads and appends go on
   * meanwhile. One at a time. Undefined when it was ended before it was through.
   */
  compact(request: CompactionRequest): Promise<CompactionResult | undefined>;
  /** Settings changed; takes effect with the next append or housekeeping pass. */
  reconfigure(settings: LogSettings): void;

  /**
   * Opaque state of the writer as of an offset (Kafka's `.snapshot`); kept beside the segments, the newest few only. It may be lost in a
   * crash, and is then as if never written. What was listed as aborted before is durable when the snapshot is.
   */
  writeSnapshot(offset: number, bytes: Uint8Array): Promise<void>;
  /** The newest snapshot at or below `endOffset`. When `decode` cannot read it (undefined: a crash has torn it), it is removed, and older ones with it. */
  latestSnapshot<State>(decode: (bytes: Uint8Array) => State | undefined): Promise<Snapshot<State> | undefined>;
  /**
   * Called when a new segment begins at `offset`, so that the writer can leave a snapshot. It comes from within `append`, before the batch
   * that begins at `offset` is in the log (or from `applyRetention`, with `offset` the log end). Set once; may be left as it is.
   */
  onRoll: (offset: number) => void;
  /**
   * Called when the start is to move past what the newest snapshot is known to outlive: the writer leaves one of the log end, if it needs anything of the records. The
   * start moves when it resolves, and stays when it rejects. Snapshots of such a log are durable when they are written. Set once; may be left as it is. A log in
   * memory does not ask: its snapshots are lost with it.
   */
  beforeStart: () => Promise<void>;

  /**
   * Writes and syncs what is queued, and lets go of the files. After a fault it only lets go. `onProgress` is not called any more.
   * Rejects when that fails; the log is closed all the same, and the next `open` recovers it.
   */
  close(): Promise<void>;
}

/** What a compaction would look at. */
export interface Cleanable {
  /** The segments to clean are those from `first` to before `end`. */
  readonly first: number;
  readonly end: number;
  /** Keys are collected from here on: what lies below has one record per key already. */
  readonly dirtyOffset: number;
  /** Where the segments to clean end. */
  readonly endOffset: number;
  readonly dirtyBytes: number;
  readonly cleanBytes: number;
  /** `max.compaction.lag.ms` has passed for the oldest new record (KIP-354). */
  readonly overdue: boolean;
}

export interface Snapshot<State> {
  readonly offset: number;
  readonly state: State;
}

export interface LeaderEpochEntry {
  readonly epoch: number;
  readonly startOffset: number;
}

export interface LogRead {
  readonly offset: number;
  readonly endOffset: number;
  readonly bytesMax: number;
  readonly atLeastOneBatch: boolean;
}

/** Views of cached or freshly read bytes; not to be changed. */
export interface LogSlice {
  readonly parts: readonly Uint8Array[];
  readonly bytes: number;
  /** The last offset + 1 of what is in `parts`; the asked offset when empty. */
  readonly nextOffset: number;
}

export interface TimestampOffset {
  readonly timestamp: number;
  readonly offset: number;
  readonly leaderEpoch: number;
}
