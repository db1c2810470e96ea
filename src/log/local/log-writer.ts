/**
 * Brings the batches of one log to the operating system, in order. Batches queue up until somebody wants them written; one write serves all that came
 * until then. It decides about no time, and stops for good at the first fault: what failed may be in the file in part.
 */
import { limits } from '../../base/limits.ts';
import type { StoredBatch } from '../batch-list.ts';
import { JoinedParts } from '../joined-parts.ts';
import type { OpenFiles } from './open-files.ts';
import type { Segment } from './segment.ts';
import type { Writable, WriteSchedule } from './write-schedule.ts';

/** Batches that go into one segment, one after the other. */
interface QueuedRun {
  readonly segment: Segment;
  readonly batches: StoredBatch[];
}

export interface LogWriterOptions {
  readonly files: OpenFiles;
  readonly schedule: WriteSchedule;
  /** Awaited before a segment gets its first byte. */
  readonly beforeSegment: () => Promise<void>;
  /** Everything below `offset` is with the operating system. */
  readonly onWritten: (offset: number) => void;
  readonly onFault: (fault: Error) => void;
}

export class LogWriter implements Writable {
  readonly #options: LogWriterOptions;
  #queue: QueuedRun[] = [];
  #queuedBytes = 0;
  /** How many batches were ever queued, are to be written, and are written. */
  #queued = 0;
  #wanted = 0;
  #written = 0;
  /** While something that is wanted is not written. Never rejects. */
  #work: Promise<void> | undefined;
  #stopped = false;

  constructor(options: LogWriterOptions) {
    this.#options = options;
  }

  /** Of the batches that are in no file yet. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  add(segment: Segment, batch: StoredBatch): void {
    const last = this.#queue.at(-1);
    if (last?.segment === segment) last.batches.push(batch);
    else this.#queue.push({ segment, batches: [batch] });
    this.#queuedBytes += batch.bytes.byteLength;
    this.#queued += 1;
    this.#options.schedule.queued(this, batch.bytes.byteLength);
  }

  /** Everything that is queued by now is on its way. */
  start(): void {
    this.#wanted = this.#queued;
    if (this.#written < this.#wanted && !this.#stopped) this.#work ??= this.#run();
  }

  /** Resolves when everything that is queued by now is with the operating system, or after a fault. */
  async write(): Promise<void> {
    this.start();
    const wanted = this.#wanted;
    while (this.#work !== undefined && this.#written < wanted) await this.#work;
  }

  /** Lets go of what is queued: the log has failed. */
  stop(): void {
    this.#stopped = true;
    this.#take();
  }

  #take(): readonly QueuedRun[] {
    const queue = this.#queue;
    this.#options.schedule.taken(this, this.#queuedBytes);
    this.#queue = [];
    this.#queuedBytes = 0;
    return queue;
  }

  async #run(): Promise<void> {
    try {
      while (this.#written < this.#wanted && !this.#stopped) await this.#writeQueued();
    } catch (error) {
      this.stop();
      this.#options.onFault(error instanceof Error ? error : new Error(String(error)));
    }
    this.#work = undefined;
  }

  /** Writes what was queued up to now, one segment after the other. */
  async #writeQueued(): Promise<void> {
    for (const { segment, batches } of this.#take()) {
      for (let start = 0; start < batches.length; ) {
        const { parts, bytes, end, lastOffset } = nextWrite(batches, start);
        await this.#write(segment, parts, bytes);
        this.#written += end - start;
        this.#options.onWritten(lastOffset + 1);
        start = end;
      }
    }
  }

  async #write(segment: Segment, parts: readonly Uint8Array[], bytes: number): Promise<void> {
    if (segment.writtenBytes === 0) await this.#options.beforeSegment();
    await this.#options.files.use(segment.log, (handle) => handle.write(parts, segment.writtenBytes));
    segment.log.mode = 'existing';
    segment.writtenBytes += bytes;
    if (segment.indexTailsLarge) await segment.flushIndexes();
  }
}

interface NextWrite {
  readonly parts: readonly Uint8Array[];
  readonly bytes: number;
  /** Behind its last batch. */
  readonly end: number;
  readonly lastOffset: number;
}

/** The batches from `start` on that go into their segment with one call, neighbours in memory as one part. */
function nextWrite(batches: readonly StoredBatch[], start: number): NextWrite {
  const parts = new JoinedParts();
  let bytes = 0;
  let lastOffset = -1;
  let end = start;
  for (; end < batches.length && bytes < limits.logWriteBytes; end += 1) {
    const batch = batches[end];
    if (batch === undefined) break;
    parts.add(batch.bytes);
    bytes += batch.bytes.byteLength;
    lastOffset = batch.lastOffset;
  }
  return { parts: parts.take(), bytes, end, lastOffset };
}
