/** Reads a log: recent batches from memory, older ones from its segments. Looks for offsets and times across segments; changes nothing. */
import type { Env } from '../../base/env.ts';
import { isAbsent } from '../../base/faults.ts';
import { lastOffset } from '../../protocol/batch/header.ts';
import type { LogRead, LogSlice, TimestampOffset } from '../log-engine.ts';
import type { RecentTail } from '../recent-batches.ts';
import { firstRecordOfMaxTimestamp, firstRecordSince } from '../record-times.ts';
import { walkBatches } from './batch-walk.ts';
import type { OpenFiles } from './open-files.ts';
import type { Segment } from './segment.ts';
import type { SegmentList } from './segment-list.ts';
import { type SearchedSlice, SegmentSearch } from './segment-search.ts';

/** Which log is read, as it is now. */
export interface ReadLog {
  readonly startOffset: number;
  readonly endOffset: number;
  /** Compaction may have taken offsets out of the segment. */
  mayHaveGaps(segment: Segment): boolean;
}

export interface LogReaderOptions {
  readonly env: Pick<Env, 'readBuffers' | 'logger'>;
  readonly log: ReadLog;
  readonly files: OpenFiles;
  readonly segments: SegmentList;
  readonly tail: RecentTail;
}

export class LogReader {
  readonly #env: LogReaderOptions['env'];
  readonly #log: ReadLog;
  readonly #files: OpenFiles;
  readonly #segments: SegmentList;
  readonly #tail: RecentTail;
  /** Made when a segment is first searched: an idle log is to cost little. */
  #searched: SegmentSearch | undefined;

  constructor({ env, log, files, segments, tail }: LogReaderOptions) {
    this.#env = env;
    this.#log = log;
    this.#files = files;
    this.#segments = segments;
    this.#tail = tail;
  }

  get #search(): SegmentSearch {
    const { readBuffers: buffers, logger } = this.#env;
    this.#searched ??= new SegmentSearch({ files: this.#files, buffers, logger });
    return this.#searched;
  }

  read(read: LogRead): LogSlice | Promise<LogSlice> {
    const next = this.#segments.all[this.#segments.indexOf(read.offset) + 1];
    const inSegment = next === undefined || read.endOffset <= next.baseOffset;
    const limited = inSegment ? read : { ...read, endOffset: next.baseOffset };
    const recent = this.#tail.read(limited);
    if (recent !== undefined && (recent.bytes > 0 || inSegment)) return recent;
    return this.#readFiles(read);
  }

  /** A segment may have nothing at or above the offset (compaction leaves gaps): the next one has it. */
  async #readFiles(read: LogRead): Promise<LogSlice> {
    const empty: LogSlice = { parts: [], bytes: 0, nextOffset: read.offset };
    const segments = this.#segments.all;
    for (let index = this.#segments.indexOf(read.offset); index < segments.length; index += 1) {
      const segment = segments[index];
      if (segment === undefined || segment.baseOffset >= read.endOffset) break;
      const slice = await this.#readSegment(segment, read);
      if (slice === undefined) return read.offset < this.#log.startOffset ? empty : this.#readFiles(read);
      if (slice.bytes > 0 || slice.more) return slice;
      if (this.#isMissing(segment, read)) this.#search.tellGap(segment, Math.max(read.offset, segment.baseOffset));
      const recent = this.#tail.read(read);
      if (recent !== undefined) return recent;
    }
    return empty;
  }

  /** A complete segment has all its offsets, unless compaction has been there. */
  #isMissing(segment: Segment, { offset, endOffset }: LogRead): boolean {
    const isComplete = segment !== this.#segments.active && segment.writtenBytes === segment.bytes;
    const isWanted = offset < segment.endOffset && endOffset >= segment.endOffset;
    return isComplete && isWanted && !this.#log.mayHaveGaps(segment);
  }

  /** Undefined when retention or compaction took the segment's files away in the meantime. */
  async #readSegment(segment: Segment, read: LogRead): Promise<SearchedSlice | undefined> {
    try {
      return await this.#search.read(segment, read);
    } catch (error) {
      if (isAbsent(error)) await this.#segments.renamed();
      if (isAbsent(error) && !this.#segments.includes(segment)) return undefined;
      this.#search.tellDamage(segment, read.offset, error);
      throw error;
    }
  }

  offsetForTimestamp(request: { timestamp: number; endOffset: number }): Promise<TimestampOffset | undefined> {
    return this.#segments.steadily(() => this.#offsetForTimestamp(request));
  }

  async #offsetForTimestamp(request: { timestamp: number; endOffset: number }): Promise<TimestampOffset | undefined> {
    const { timestamp, endOffset } = request;
    const { startOffset } = this.#log;
    for (const segment of this.#segments.from(startOffset)) {
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
    for (const segment of this.#segments.all) {
      if (segment.bytes > 0 && (best === undefined || segment.maxTimestamp > best.maxTimestamp)) best = segment;
    }
    if (best === undefined) return undefined;
    const batch = await this.#batchAt(best.maxTimestamp < 0 ? best.baseOffset : best.offsetOfMaxTimestamp);
    return batch === undefined ? undefined : firstRecordOfMaxTimestamp(batch);
  }

  async #batchAt(offset: number): Promise<Uint8Array | undefined> {
    const slice = await this.read({ offset, endOffset: this.#log.endOffset, bytesMax: 1, atLeastOneBatch: true });
    return slice.parts[0];
  }

  scan(offset: number, visit: (batch: Uint8Array) => void): Promise<void> {
    let next = offset;
    const visitNext = (batch: Uint8Array): boolean => {
      if (lastOffset(batch) < next) return true;
      next = lastOffset(batch) + 1;
      visit(batch);
      return true;
    };
    return this.#segments.steadily(() => this.#scan(next, visitNext));
  }

  async #scan(offset: number, visitFrom: (batch: Uint8Array) => boolean): Promise<void> {
    for (const segment of this.#segments.from(offset)) {
      const from = await this.#search.positionOf(segment, offset);
      const to = segment.writtenBytes;
      if (from >= to) continue;
      await this.#files.use(segment.log, (file) => walkBatches({ file, from, to, whole: false, visit: visitFrom }));
    }
  }
}
