/**
 * Finds batches in the segments of one log: by the place where a reader stopped last, else by the index. An index that leads astray is not
 * believed: the search then begins at the segment's first byte.
 */
import type { Logger } from '../../base/env.ts';
import { keepNewest } from '../../base/keep-newest.ts';
import { limits } from '../../base/limits.ts';
import type { ReadBuffers } from '../../base/read-buffers.ts';
import { baseOffset, lastOffset, maxTimestamp } from '../../protocol/batch/header.ts';
import type { LogRead, LogSlice } from '../log-engine.ts';
import { walkBatches } from './batch-walk.ts';
import type { OpenFiles } from './open-files.ts';
import type { Segment } from './segment.ts';
import { readSegment, StaleIndex } from './segment-reader.ts';
import { isTimeOf, type TimePosition } from './time-index.ts';

interface Place {
  readonly segment: Segment;
  readonly position: number;
}

interface StartPosition {
  readonly position: number;
  readonly expectedLastOffset: number | undefined;
}

/** `more`: the segment does have the offset, and nothing of it was asked for. */
export interface SearchedSlice extends LogSlice {
  readonly more: boolean;
}

export class SegmentSearch {
  readonly #files: OpenFiles;
  readonly #buffers: ReadBuffers;
  readonly #logger: Logger;
  /** Where the batch begins that a reader will ask for next, by its first offset; the oldest entry first. */
  #places: Map<number, Place> | undefined;
  /** Segments of which it was told that something is wrong with them: once is enough, however often they are read. */
  #told: WeakSet<Segment> | undefined;

  constructor(options: { files: OpenFiles; buffers: ReadBuffers; logger: Logger }) {
    this.#files = options.files;
    this.#buffers = options.buffers;
    this.#logger = options.logger;
  }

  async read(segment: Segment, read: LogRead): Promise<SearchedSlice> {
    const fileBytes = segment.writtenBytes;
    const start = await this.#start(segment, read.offset);
    const wanted = { ...read, ...boundsOf(segment), ...start, fileBytes };
    const slice = await this.#files.use(segment.log, async (file) => {
      try {
        return await readSegment(file, this.#buffers, wanted);
      } catch (error) {
        if (!(error instanceof StaleIndex)) throw error;
        this.#tell(segment, 'warn', { offset: read.offset }, 'an index is not that of its segment');
        return readSegment(file, this.#buffers, { ...wanted, position: 0, expectedLastOffset: undefined });
      }
    });
    const { bytes, nextOffset, nextPosition } = slice;
    if (bytes.byteLength > 0) this.#remember(nextOffset, { segment, position: nextPosition });
    const parts = bytes.byteLength > 0 ? [bytes] : [];
    return { parts, bytes: bytes.byteLength, nextOffset, more: nextPosition < fileBytes };
  }

  /** The segment has no records from `offset` on, and nothing but damage can be the reason. */
  tellGap(segment: Segment, offset: number): void {
    const range = { fromOffset: offset, toOffset: segment.endOffset };
    this.#tell(segment, 'error', range, 'records are missing in a segment: readers go on behind them');
  }

  tellDamage(segment: Segment, offset: number, error: unknown): void {
    this.#tell(segment, 'error', { offset, err: error }, 'a segment cannot be read');
  }

  #tell(segment: Segment, level: 'warn' | 'error', fields: object, message: string): void {
    this.#told ??= new WeakSet();
    if (this.#told.has(segment)) return;
    this.#told.add(segment);
    this.#logger[level]({ path: segment.log.path, ...fields }, message);
  }

  /** Where a batch at or before the one with `offset` begins. */
  async positionOf(segment: Segment, offset: number): Promise<number> {
    const { position, expectedLastOffset } = await this.#start(segment, offset);
    if (expectedLastOffset === undefined) return position;
    const fileBytes = segment.writtenBytes;
    const read = { offset, endOffset: offset, bytesMax: 0, atLeastOneBatch: false, fileBytes, ...boundsOf(segment) };
    try {
      await this.#files.use(segment.log, (file) =>
        readSegment(file, this.#buffers, { ...read, position, expectedLastOffset }),
      );
      return position;
    } catch (error) {
      if (error instanceof StaleIndex) return 0;
      throw error;
    }
  }

  /** The first offset of the first batch that ends at or above `from` and has a timestamp of `timestamp` or later. */
  async batchSince(segment: Segment, timestamp: number, from: number): Promise<number | undefined> {
    const floor = await segment.times.floor(timestamp);
    const time = floor !== undefined && floor.offset > from ? floor : undefined;
    const position = await this.positionOf(segment, time?.offset ?? from);
    const since = await this.#walkSince(segment, { position, timestamp, from, time });
    if (since.begun || time === undefined) return since.found;
    this.#tell(segment, 'warn', { timestamp }, 'an index is not that of its segment');
    return (await this.#walkSince(segment, { position: 0, timestamp, from, time: undefined })).found;
  }

  /** Begins at the batch that `time` names; not `begun` when it is not there. */
  async #walkSince(
    segment: Segment,
    since: { position: number; timestamp: number; from: number; time: TimePosition | undefined },
  ): Promise<{ begun: boolean; found: number | undefined }> {
    const { position, timestamp, from, time } = since;
    let begun = time === undefined;
    let found: number | undefined;
    const visit = (batch: Uint8Array): boolean => {
      if (!begun && time !== undefined) {
        if (lastOffset(batch) < time.offset) return true;
        begun = isTimeOf(time, batch);
        if (!begun) return false;
      }
      if (lastOffset(batch) >= from && maxTimestamp(batch) >= timestamp) found = baseOffset(batch);
      return found === undefined;
    };
    const to = segment.writtenBytes;
    if (position < to) {
      await this.#files.use(segment.log, (file) => walkBatches({ file, from: position, to, whole: false, visit }));
    }
    return { begun, found };
  }

  async #start(segment: Segment, offset: number): Promise<StartPosition> {
    const place = this.#places?.get(offset);
    if (place?.segment === segment) return { position: place.position, expectedLastOffset: undefined };
    if (offset <= segment.baseOffset) return { position: 0, expectedLastOffset: undefined };
    const entry = await segment.offsets.floor(offset);
    return { position: entry?.position ?? 0, expectedLastOffset: entry?.offset };
  }

  #remember(offset: number, place: Place): void {
    this.#places ??= new Map();
    this.#places.delete(offset);
    this.#places.set(offset, place);
    keepNewest(this.#places, limits.readersRemembered);
  }
}

function boundsOf({ baseOffset, endOffset }: Segment): { segmentBaseOffset: number; segmentEndOffset: number } {
  return { segmentBaseOffset: baseOffset, segmentEndOffset: endOffset };
}
