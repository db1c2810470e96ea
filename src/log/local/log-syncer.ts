/**
 * Moves one log's durable offset: the only place that does (invariant I3). One sync serves everything that was written when it began; writes go on
 * meanwhile. After a failed sync nobody knows what is on the disk, so the first fault ends it for good.
 */
import type { Slots } from '../../base/slots.ts';
import type { LogDirectory } from './log-directory.ts';
import type { OpenFiles } from './open-files.ts';
import type { Segment } from './segment.ts';

export interface LogSyncerOptions {
  readonly files: OpenFiles;
  /** Shared by all logs: a sync holds files open, and a disk does not get faster by more of them. */
  readonly slots: Slots;
  readonly directory: LogDirectory;
  readonly durableOffset: number;
  readonly onDurable: () => void;
  readonly onFault: (fault: Error) => void;
}

export class LogSyncer {
  readonly #options: LogSyncerOptions;
  /** Segments that hold bytes or names that may not be durable, oldest first. The last one takes the appends. */
  #unsynced: Segment[] = [];
  #durableOffset: number;
  #writtenOffset: number;
  #wantedOffset: number;
  #work: Promise<void> | undefined;
  #stopped = false;

  constructor(options: LogSyncerOptions) {
    this.#options = options;
    this.#durableOffset = options.durableOffset;
    this.#writtenOffset = options.durableOffset;
    this.#wantedOffset = options.durableOffset;
  }

  get durableOffset(): number {
    return this.#durableOffset;
  }

  /** From here on appends go to `segment`. */
  follow(segment: Segment): void {
    this.#unsynced.push(segment);
  }

  /** The segments are no longer part of the log. */
  forget(segments: readonly Segment[]): void {
    this.#unsynced = this.#unsynced.filter((segment) => !segments.includes(segment));
  }

  /** Where a crash would have to begin checking: all below is durable, and complete segments have sound indexes. */
  get recoveryPoint(): number {
    const oldest = this.#unsynced[0];
    return oldest !== undefined && this.#unsynced.length > 1
      ? Math.min(this.#durableOffset, oldest.baseOffset)
      : this.#durableOffset;
  }

  /** Everything below `offset` is to be durable as soon as it is written. */
  request(offset: number): void {
    if (offset <= this.#wantedOffset) return;
    this.#wantedOffset = offset;
    this.#start();
  }

  written(offset: number): void {
    this.#writtenOffset = offset;
    this.#start();
  }

  /** Resolves when nothing that is written is still to be synced, or after a fault. */
  async idle(): Promise<void> {
    while (this.#work !== undefined) await this.#work;
  }

  get #hasWork(): boolean {
    return !this.#stopped && this.#durableOffset < Math.min(this.#wantedOffset, this.#writtenOffset);
  }

  #start(): void {
    if (this.#hasWork) this.#work ??= this.#run();
  }

  async #run(): Promise<void> {
    try {
      while (this.#hasWork) await this.#options.slots.run(() => this.#sync());
    } catch (error) {
      this.#stopped = true;
      this.#options.onFault(error instanceof Error ? error : new Error(String(error)));
    }
    this.#work = undefined;
  }

  async #sync(): Promise<void> {
    const writtenOffset = this.#writtenOffset;
    const segments = [...this.#unsynced];
    for (const segment of segments) await this.#syncSegment(segment);
    await this.#syncNames(segments);
    this.#durableOffset = writtenOffset;
    this.#options.onDurable();
    await this.#finishComplete(segments);
  }

  async #syncSegment(segment: Segment): Promise<void> {
    const bytes = segment.writtenBytes;
    if (bytes === segment.durableBytes) return;
    await this.#options.files.use(segment.log, (handle) => handle.sync());
    segment.durableBytes = bytes;
  }

  /** A file whose name is lost is lost. */
  async #syncNames(segments: readonly Segment[]): Promise<void> {
    const unnamed = segments.filter((segment) => !segment.nameDurable && segment.durableBytes > 0);
    if (unnamed.length === 0) return;
    await this.#options.directory.sync();
    for (const segment of unnamed) segment.nameDurable = true;
  }

  async #finishComplete(segments: readonly Segment[]): Promise<void> {
    for (const segment of segments) {
      if (segment === this.#unsynced.at(-1) || segment.durableBytes !== segment.bytes) break;
      await segment.finish();
      this.forget([segment]);
    }
  }
}
