/**
 * Brings the batches of one log to the operating system, in order. Batches queue up synchronously; one write serves all that came in the
 * meantime. It holds no batch longer than its write takes, and stops for good at the first fault: what failed may be in the file in part.
 */
import type { Timers } from '../../base/env.ts';
import { limits } from '../../base/limits.ts';
import { joinNeighbours } from '../batch-list.ts';
import type { OpenFiles } from './open-files.ts';
import type { Segment } from './segment.ts';

interface QueuedBatch {
  readonly segment: Segment;
  readonly bytes: Uint8Array;
  readonly lastOffset: number;
}

export interface LogWriterOptions {
  readonly timers: Timers;
  readonly files: OpenFiles;
  /** Awaited before a segment gets its first byte. */
  readonly beforeSegment: () => Promise<void>;
  /** Everything below `offset` is with the operating system; the batch before it ends where `segment` is written to. */
  readonly onWritten: (offset: number, segment: Segment) => void;
  readonly onFault: (fault: Error) => void;
}

export class LogWriter {
  readonly #options: LogWriterOptions;
  #queue: QueuedBatch[] = [];
  /** While it is not idle: resolves when it is. Never rejects. */
  #work: Promise<void> | undefined;
  #stopped = false;

  constructor(options: LogWriterOptions) {
    this.#options = options;
  }

  add(batch: QueuedBatch): void {
    this.#queue.push(batch);
    this.#work ??= this.#run();
  }

  /** Resolves when nothing is queued or under way, or after a fault. */
  async idle(): Promise<void> {
    while (this.#work !== undefined) await this.#work;
  }

  async #run(): Promise<void> {
    // All appends of this turn of the event loop, from whatever connection, share the write.
    await new Promise<void>((resolve) => this.#options.timers.soon(resolve));
    try {
      while (this.#queue.length > 0 && !this.#stopped) await this.#writeQueued();
    } catch (error) {
      this.#stopped = true;
      this.#options.onFault(error instanceof Error ? error : new Error(String(error)));
    }
    this.#work = undefined;
  }

  /** Writes what was queued up to now, one segment after the other. */
  async #writeQueued(): Promise<void> {
    const queue = this.#queue;
    this.#queue = [];
    for (let start = 0; start < queue.length; ) {
      const { parts, bytes, end } = nextWrite(queue, start);
      const first = queue[start];
      const last = queue[end - 1];
      if (first === undefined || last === undefined) break;
      await this.#write(first.segment, parts, bytes);
      this.#options.onWritten(last.lastOffset + 1, last.segment);
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
