/**
 * Moves one log's durable offset: the only place that does (invariant I3). The log is durable as far as its segments are synced, and further where the
 * journal has what they lack. After a failed sync nobody knows what is on the disk, so the first fault ends it for good.
 */
import type { Slots } from '../../base/slots.ts';
import type { LogId } from '../log-engine.ts';
import type { RecentTail } from '../recent-batches.ts';
import type { Journal } from './journal/journal.ts';
import { type JournalEntry, type JournalSeat, seatFor } from './journal/journal-frame.ts';
import type { RoundMember, SyncRounds } from './journal/sync-rounds.ts';
import { JOURNALLED_LOG_BYTES_MAX } from './journal/sync-route.ts';
import type { LogDirectory } from './log-directory.ts';
import type { OpenFiles } from './open-files.ts';
import type { Segment } from './segment.ts';

/** What is shared by all logs. */
export interface SyncerHost {
  readonly files: OpenFiles;
  /** A sync holds files open, and a disk does not get faster by more of them. */
  readonly syncSlots: Slots;
  readonly syncRounds: SyncRounds;
  readonly journal: Journal;
}

/** Which log is synced. */
export interface SyncedLog {
  readonly id: LogId;
  readonly directory: LogDirectory;
  /** Resolves to true when everything appended is with the operating system, to false after a fault. */
  written(): Promise<boolean>;
  onDurable(): void;
  fail(fault: Error): void;
}

export interface LogSyncerOptions {
  readonly host: SyncerHost;
  readonly log: SyncedLog;
  /** The batches that the journal would be given. */
  readonly tail: RecentTail;
  readonly durableOffset: number;
  /** Below, the segments are synced; what lies between has the journal. */
  readonly syncedOffset: number;
}

export class LogSyncer implements RoundMember {
  readonly #host: SyncerHost;
  readonly #log: SyncedLog;
  readonly #tail: RecentTail;
  /** Made when first needed: an idle log is to cost little. */
  #seat: JournalSeat | undefined;
  /** Segments that hold bytes or names that may not be durable, oldest first. The last one takes the appends. */
  #unsynced: Segment[] = [];
  #durableOffset: number;
  #syncedOffset: number;
  /** Below, the journal has been given what the segments may lack. */
  #journalledOffset: number;
  /** Below, the segments have everything, synced or not. */
  #writtenOffset: number;
  /** Below, everything is appended and is to be durable. */
  #wantedOffset: number;
  /** In a round, or waiting for one. */
  #joined = false;
  #syncing: Promise<void> | undefined;
  #fault: Error | undefined;
  #closed = false;

  constructor(options: LogSyncerOptions) {
    this.#host = options.host;
    this.#log = options.log;
    this.#tail = options.tail;
    this.#durableOffset = options.durableOffset;
    this.#syncedOffset = options.syncedOffset;
    this.#journalledOffset = options.durableOffset;
    this.#writtenOffset = options.durableOffset;
    this.#wantedOffset = options.durableOffset;
  }

  get durableOffset(): number {
    return this.#durableOffset;
  }

  /** Below, the segments themselves are synced. */
  get syncedOffset(): number {
    return this.#syncedOffset;
  }

  /** From here on appends go to `segment`. */
  follow(segment: Segment): void {
    // An array that grows takes room for more, and this one rarely has two.
    this.#unsynced = this.#unsynced.concat(segment);
  }

  /** The segments are no longer part of the log. */
  forget(segments: readonly Segment[]): void {
    this.#unsynced = this.#unsynced.filter((segment) => !segments.includes(segment));
  }

  /** Where a crash would have to begin checking: all below is durable without the journal, and complete segments have sound indexes. */
  get recoveryPoint(): number {
    const oldest = this.#unsynced[0];
    return oldest !== undefined && this.#unsynced.length > 1
      ? Math.min(this.#syncedOffset, oldest.baseOffset)
      : this.#syncedOffset;
  }

  /** Everything below `offset`, which is appended, is to be durable soon. */
  request(offset: number): void {
    if (offset <= this.#wantedOffset) return;
    this.#wantedOffset = offset;
    this.#join();
  }

  /** An earlier process's journal has what is appended below `offset`. */
  restored(offset: number): void {
    this.#journalledOffset = offset;
  }

  /** And has it on stable storage. */
  trustRestored(): void {
    this.#wantedOffset = Math.max(this.#wantedOffset, this.#journalledOffset);
    this.#moveDurable(this.#journalledOffset);
  }

  written(offset: number): void {
    this.#writtenOffset = offset;
  }

  /** The segments are being synced: what is written meanwhile need not be written when the next sync begins. */
  get isSyncing(): boolean {
    return this.#syncing !== undefined;
  }

  /**
   * To be awaited before a further segment gets its first byte. Recovery takes what lies behind a gap for never acknowledged, so nothing before a
   * segment may be durable by the journal alone.
   */
  async beforeSegment(): Promise<void> {
    if (this.#syncedOffset < this.#journalledOffset) await this.#syncWritten();
  }

  /** The log has failed: what is not durable by now does not become so. */
  stop(fault: Error): void {
    this.#fault ??= fault;
  }

  /** Ends the work. Everything that was appended is in synced segments when it resolves, unless there was a fault. */
  async close(): Promise<void> {
    if (this.#fault === undefined) await this.sync().catch(() => {});
    this.#closed = true;
  }

  #join(): void {
    if (this.#joined || this.#closed || this.#fault !== undefined) return;
    if (this.#durableOffset >= this.#wantedOffset) return;
    this.#joined = true;
    this.#host.syncRounds.join(this);
  }

  onServed(): void {
    this.#joined = false;
    this.#join();
  }

  /** Only of the segment that takes the appends: a complete one is to be synced in any case. */
  journalEntry(): JournalEntry | undefined {
    if (this.#closed || this.#fault !== undefined || this.#unsynced.length !== 1) return undefined;
    const endOffset = this.#wantedOffset;
    const slice = this.#tail.read({
      offset: this.#durableOffset,
      endOffset,
      bytesMax: JOURNALLED_LOG_BYTES_MAX,
      atLeastOneBatch: false,
    });
    if (slice === undefined || slice.nextOffset !== endOffset || slice.bytes === 0) return undefined;
    this.#journalledOffset = endOffset;
    this.#seat ??= seatFor(this.#log.id);
    return {
      seat: this.#seat,
      parts: slice.parts,
      bytes: slice.bytes,
      endOffset,
    };
  }

  onJournalled({ endOffset }: JournalEntry): void {
    if (this.#closed || this.#fault !== undefined) return;
    this.#moveDurable(endOffset);
  }

  onJournalFault(fault: Error): void {
    if (!this.#closed) this.#fail(fault);
  }

  /** Writes what is appended and syncs the segments. Rejects with the fault, which has been reported. */
  async sync(): Promise<void> {
    await this.#log.written();
    await this.#syncWritten();
  }

  async #syncWritten(): Promise<void> {
    while (this.#syncing !== undefined) await this.#syncing.catch(() => {});
    if (this.#fault !== undefined) throw this.#fault;
    if (this.#closed) return;
    this.#syncing = this.#host.syncSlots.run(() => this.#sync());
    try {
      await this.#syncing;
    } catch (error) {
      throw this.#fail(error instanceof Error ? error : new Error(String(error)));
    } finally {
      this.#syncing = undefined;
    }
  }

  async #sync(): Promise<void> {
    const writtenOffset = this.#writtenOffset;
    const segments = [...this.#unsynced];
    for (const segment of segments) await this.#syncSegment(segment);
    await this.#syncNames(segments);
    this.#syncedOffset = writtenOffset;
    this.#moveDurable(writtenOffset);
    this.#host.journal.settled(this.#log.id, writtenOffset);
    await this.#finishComplete(segments);
  }

  #moveDurable(offset: number): void {
    if (offset <= this.#durableOffset) return;
    this.#durableOffset = offset;
    this.#log.onDurable();
  }

  #fail(fault: Error): Error {
    this.#fault ??= fault;
    this.#log.fail(this.#fault);
    return this.#fault;
  }

  async #syncSegment(segment: Segment): Promise<void> {
    const bytes = segment.writtenBytes;
    if (bytes === segment.durableBytes) return;
    await this.#host.files.use(segment.log, (handle) => handle.sync());
    segment.durableBytes = bytes;
  }

  /** A file whose name is lost is lost. */
  async #syncNames(segments: readonly Segment[]): Promise<void> {
    const unnamed = segments.filter((segment) => !segment.namesDurable && segment.durableBytes > 0);
    if (unnamed.length === 0) return;
    await this.#log.directory.sync();
    for (const segment of unnamed) segment.namesDurable = true;
  }

  async #finishComplete(segments: readonly Segment[]): Promise<void> {
    for (const segment of segments) {
      if (segment === this.#unsynced.at(-1) || segment.durableBytes !== segment.bytes) break;
      await segment.finish();
      this.forget([segment]);
    }
  }
}
