/**
 * Brings the batches of one log to the operating system, in order. Batches queue up until somebody wants them written; one write serves all that came
 * until then. It decides about no time, and stops for good at the first fault: what failed may be in the file in part.
 */
import { limits } from '../../base/limits.ts';
import { joinNeighbours } from '../batch-list.ts';
import type { OpenFiles } from './open-files.ts';
import type { Segment } from './segment.ts';
import type { Writable, WriteSchedule } from './write-schedule.ts';

interface QueuedBatch {
  readonly segment: Segment;
  readonly bytes: Uint8Array;
  readonly lastOffset: number;
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
  #queue: QueuedBatch[] = [];
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

  add(batch: QueuedBatch): void {
    this.#queue.push(batch);
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

  #take(): readonly QueuedBatch[] {
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
    const queue = this.#take();
    for (let start = 0; start < queue.length; ) {
      const { parts, bytes, end } = nextWrite(queue, start);
      const first = queue[start];
      const last = queue[end - 1];
      if (first === undefined || last === undefined) break;
      await this.#write(first.segment, parts, bytes);
      this.#written += end - start;
      this.#options.onWritten(last.lastOffset + 1);
      start = end;
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

/** The batches from `start` on that go into one segment with one call, neighbours in memory as one part. */
function nextWrite(queue: readonly QueuedBatch[], start: number): { parts: Uint8Array[]; bytes: number; end: number } {
  const parts: Uint8Array[] = [];
  const segment = queue[start]?.segment;
  let bytes = 0;
  let end = start;
  for (; end < queue.length && bytes < limits.logWriteBytes; end += 1) {
    const batch = queue[end];
    if (batch === undefined || batch.segment !== segment) break;
    const before = parts.at(-1);
    const joined = before === undefined ? undefined : joinNeighbours(before, batch.bytes);
    if (joined === undefined) parts.push(batch.bytes);
    else parts[parts.length - 1] = joined;
    bytes += batch.bytes.byteLength;
  }
  return { parts, bytes, end };
}
