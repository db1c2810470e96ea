/**
 * Brings the batches of one log to the operating system, in order. Batches queue up until somebody wants them written; one write serves all that came
 * until then. It decides about no time, and stops for good at the first fault: what failed may be in the file in part.
 */
import { assert } from '../../base/assert.ts';
import { limits } from '../../base/limits.ts';
import type { LogSlice } from '../log-engine.ts';
import type { RecentTail } from '../recent-batches.ts';
import type { OpenFiles } from './open-files.ts';
import type { Segment } from './segment.ts';
import type { Writable, WriteSchedule } from './write-schedule.ts';

/** What is queued for one segment: everything up to an offset, from where the run before ends. */
interface QueuedRun {
  readonly segment: Segment;
  readonly endOffset: number;
}

/** Whose batches are written. */
export interface WrittenLog {
  /** Awaited before a segment gets its first byte. */
  beforeSegment(): Promise<void>;
  /** Everything below `offset` is with the operating system. */
  onWritten(offset: number): void;
  fail(fault: Error): void;
}

export interface LogWriterOptions {
  readonly log: WrittenLog;
  readonly files: OpenFiles;
  readonly schedule: WriteSchedule;
  /** Has every batch that is not written. */
  readonly tail: RecentTail;
  /** Where the first run begins. */
  readonly writtenOffset: number;
}

export class LogWriter implements Writable {
  readonly #log: WrittenLog;
  readonly #files: OpenFiles;
  readonly #schedule: WriteSchedule;
  readonly #tail: RecentTail;
  /** Of segments before the one that was queued for last. */
  #older: readonly QueuedRun[] = none;
  #segment: Segment | undefined;
  #queuedBytes = 0;
  /** Below these, everything is queued, is to be written, and is written. */
  #queuedOffset: number;
  #wantedOffset: number;
  #writtenOffset: number;
  /** While something that is wanted is not written. Never rejects. */
  #work: Promise<void> | undefined;
  #stopped = false;

  constructor(options: LogWriterOptions) {
    this.#log = options.log;
    this.#files = options.files;
    this.#schedule = options.schedule;
    this.#tail = options.tail;
    this.#queuedOffset = options.writtenOffset;
    this.#wantedOffset = options.writtenOffset;
    this.#writtenOffset = options.writtenOffset;
  }

  /** Of the batches that are in no file yet. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Another batch of `bytes`, which ends before `endOffset`, is in the tail. */
  add(segment: Segment, endOffset: number, bytes: number): void {
    if (this.#queuedBytes === 0) this.#schedule.waits(this);
    else if (segment !== this.#segment) this.#older = this.#runs();
    this.#segment = segment;
    this.#queuedBytes += bytes;
    this.#queuedOffset = endOffset;
    this.#schedule.queued(bytes);
  }

  /** Everything that is queued by now is on its way. */
  start(): void {
    this.#wantedOffset = this.#queuedOffset;
    if (this.#writtenOffset < this.#wantedOffset && !this.#stopped) this.#work ??= this.#run();
  }

  /** Resolves when everything that is queued by now is with the operating system, or after a fault. */
  async write(): Promise<void> {
    this.start();
    const wanted = this.#wantedOffset;
    while (this.#work !== undefined && this.#writtenOffset < wanted) await this.#work;
  }

  /** Lets go of what is queued: the log has failed. */
  stop(): void {
    this.#stopped = true;
    this.#take();
  }

  #take(): readonly QueuedRun[] {
    const runs = this.#queuedBytes > 0 ? this.#runs() : none;
    this.#schedule.taken(this, this.#queuedBytes);
    this.#older = none;
    this.#queuedBytes = 0;
    return runs;
  }

  #runs(): readonly QueuedRun[] {
    const segment = this.#segment;
    return segment === undefined ? none : [...this.#older, { segment, endOffset: this.#queuedOffset }];
  }

  async #run(): Promise<void> {
    try {
      while (this.#writtenOffset < this.#wantedOffset && !this.#stopped) await this.#writeQueued();
    } catch (error) {
      this.stop();
      this.#log.fail(error instanceof Error ? error : new Error(String(error)));
    }
    this.#work = undefined;
  }

  /** Writes what was queued up to now, one segment after the other. */
  async #writeQueued(): Promise<void> {
    for (const { segment, endOffset } of this.#take()) {
      while (this.#writtenOffset < endOffset) {
        const slice = this.#tail.read({
          offset: this.#writtenOffset,
          endOffset,
          bytesMax: limits.logWriteBytes,
          atLeastOneBatch: true,
        });
        assert(slice !== undefined && slice.bytes > 0, 'a batch has left memory before it was written', { endOffset });
        await this.#write(segment, slice);
        this.#writtenOffset = slice.nextOffset;
        this.#log.onWritten(slice.nextOffset);
      }
    }
  }

  async #write(segment: Segment, { parts, bytes }: LogSlice): Promise<void> {
    if (segment.writtenBytes === 0) await this.#log.beforeSegment();
    await this.#files.use(segment.log, (handle) => handle.write(parts, segment.writtenBytes));
    segment.log.mode = 'existing';
    segment.writtenBytes += bytes;
    if (segment.indexTailsLarge) await segment.flushIndexes();
  }
}

const none: readonly QueuedRun[] = [];
