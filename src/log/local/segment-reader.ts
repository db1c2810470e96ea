/**
 * Reads batches out of one segment's file. Holds no state; what it returns is freshly read and belongs to the caller.
 *
 * A batch whose header cannot be that of the next batch of this segment is not served (decision 0018). The checksum of its records is the client's to
 * check, as in Apache Kafka: it guards them all the way.
 */
import type { DiskFile } from '../../base/env.ts';
import { limits } from '../../base/limits.ts';
import type { ReadBuffers } from '../../base/read-buffers.ts';
import { baseOffset, HEADER_BYTES, lastOffset, MAGIC, magic, sizeInBytes } from '../../protocol/batch/header.ts';
import type { LogRead } from '../log-engine.ts';
import { LogCorrupt } from '../log-faults.ts';

export interface SegmentRead extends LogRead {
  /** Where some batch at or before the one with `offset` begins. */
  readonly position: number;
  /** The last offset of the batch at `position`, where an index claims to know it. */
  readonly expectedLastOffset: number | undefined;
  /** Bytes of the file that are written. */
  readonly fileBytes: number;
  /** The segment has no offsets outside of these. */
  readonly segmentBaseOffset: number;
  readonly segmentEndOffset: number;
}

export interface SegmentSlice {
  /** Whole batches, one after the other. Empty when nothing of what was asked for is in this segment. */
  readonly bytes: Uint8Array;
  readonly nextOffset: number;
  /** Where the next batch begins. */
  readonly nextPosition: number;
}

/** The index led somewhere else than it said. */
export class StaleIndex extends Error {
  override readonly name = 'StaleIndex';
}

/** Throws StaleIndex, LogCorrupt or a DiskFault. */
export async function readSegment(file: DiskFile, buffers: ReadBuffers, read: SegmentRead): Promise<SegmentSlice> {
  let position = read.position;
  let expectedLastOffset = read.expectedLastOffset;
  let bytesWanted = Math.min(Math.max(read.bytesMax, HEADER_BYTES), limits.logReadBytes);
  for (;;) {
    const buffer = buffers.borrow(Math.max(0, Math.min(bytesWanted, read.fileBytes - position)));
    const chunk = buffer.subarray(0, await file.read(buffer, position));
    if (expectedLastOffset !== undefined) checkIndexed(chunk, expectedLastOffset);
    expectedLastOffset = undefined;
    const found = selectBatches(chunk, read);
    if (found.end > found.start || found.needs === 0) {
      const bytes = chunk.subarray(found.start, found.end);
      return { bytes, nextOffset: found.nextOffset, nextPosition: position + found.end };
    }
    position += found.start;
    if (position >= read.fileBytes)
      return { bytes: chunk.subarray(0, 0), nextOffset: read.offset, nextPosition: position };
    if (position + found.needs > read.fileBytes) throw new LogCorrupt(`a batch at ${position} goes beyond its segment`);
    // Asked again, a file that is shorter than it was would give the same again.
    if (chunk.byteLength < buffer.byteLength) throw new LogCorrupt(`a segment ends at ${position + chunk.byteLength}`);
    bytesWanted = Math.max(bytesWanted, found.needs);
  }
}

interface Selection {
  /** The selected batches lie here; when there are none, `start` is where the search has to go on. */
  readonly start: number;
  readonly end: number;
  readonly nextOffset: number;
  /** Bytes that must be read from `start` on to know more; 0 when the search is over. */
  readonly needs: number;
}

function selectBatches(chunk: Uint8Array, read: SegmentRead): Selection {
  let start = 0;
  let at = 0;
  let nextOffset = read.offset;
  let lowestOffset = read.segmentBaseOffset;
  for (;;) {
    const empty = at === start;
    if (chunk.byteLength - at < HEADER_BYTES) return { start, end: at, nextOffset, needs: empty ? HEADER_BYTES : 0 };
    const header = chunk.subarray(at, at + HEADER_BYTES);
    const bytes = sizeInBytes(header);
    const last = lastOffset(header);
    if (!isPlausible(header, lowestOffset, read.segmentEndOffset)) {
      // What came before it is good, and the next read begins here.
      if (!empty) return { start, end: at, nextOffset, needs: 0 };
      throw new LogCorrupt('a batch has an impossible header');
    }
    lowestOffset = last + 1;
    if (last < read.offset) {
      at += bytes;
      start = at;
      continue;
    }
    const fits = at + bytes - start <= read.bytesMax || (empty && read.atLeastOneBatch);
    if (last >= read.endOffset || !fits) return { start, end: at, nextOffset, needs: 0 };
    if (at + bytes > chunk.byteLength) return { start, end: at, nextOffset, needs: empty ? bytes : 0 };
    at += bytes;
    nextOffset = last + 1;
  }
}

/** Whether a batch of a segment that ends at `endOffset` can begin so, where the one before it ended below `lowestOffset`. */
function isPlausible(header: Uint8Array, lowestOffset: number, endOffset: number): boolean {
  const base = baseOffset(header);
  const last = lastOffset(header);
  const sound = magic(header) === MAGIC && sizeInBytes(header) >= HEADER_BYTES;
  return sound && base >= lowestOffset && last >= base && last < endOffset;
}

function checkIndexed(chunk: Uint8Array, expectedLastOffset: number): void {
  // Beyond the end of the file there is no batch either.
  if (chunk.byteLength < HEADER_BYTES || lastOffset(chunk) !== expectedLastOffset) {
    throw new StaleIndex('an index entry does not lead to its batch');
  }
}
