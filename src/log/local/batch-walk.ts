/**
 * Walks over the batches of a segment file in large reads. Owns the buffer and where it stands; what a batch means is the visitor's
 * business. It believes nothing: a length that leads nowhere ends the walk.
 */
import type { DiskFile } from '../../base/env.ts';
import { limits } from '../../base/limits.ts';
import { HEADER_BYTES, isControl, MAGIC, magic, sizeInBytes } from '../../protocol/batch/header.ts';

export interface BatchWalk {
  readonly file: DiskFile;
  /** Where a batch begins. */
  readonly from: number;
  /** The walk ends here; a batch that goes beyond is torn. */
  readonly to: number;
  /** True: the visitor gets all bytes of each batch. False: at least the header; control batches come whole. */
  readonly whole: boolean;
  /** False ends the walk before this batch. `batch` is lent until the call returns. */
  readonly visit: (batch: Uint8Array, position: number) => boolean;
  /** For a walk that is one of many. Absent: it takes its own. */
  readonly memory?: WalkMemory;
  /** Absent: nobody else has a turn between the batches of one read. */
  readonly turns?: WalkTurns;
}

/** Where a walk reads to: for one walk after the other, as memory for each of them anew makes the garbage collector walk the whole heap. */
export class WalkMemory {
  #bytes = Buffer.allocUnsafeSlow(0);

  /** At least so many, with arbitrary contents. */
  take(bytes: number): Uint8Array {
    if (bytes > this.#bytes.byteLength) this.#bytes = Buffer.allocUnsafeSlow(bytes);
    return this.#bytes;
  }
}

export interface WalkTurns {
  /** A turn ends with the batch that makes it so long. */
  readonly bytes: number;
  /** Awaited after each turn; `bytes` is how long it was. */
  readonly between: (bytes: number) => Promise<void>;
}

export interface WalkEnd {
  /** Where the walk ended: the end of the last batch that the visitor took. */
  readonly position: number;
  readonly reason: 'end' | 'stopped' | 'torn';
}

export async function walkBatches(walk: BatchWalk): Promise<WalkEnd> {
  const memory = walk.memory ?? new WalkMemory();
  let buffer = memory.take(Math.max(HEADER_BYTES, Math.min(walk.to - walk.from, limits.logReadBytes)));
  let position = walk.from;
  while (position < walk.to) {
    const wanted = Math.min(buffer.byteLength, walk.to - position);
    const filled = await walk.file.read(buffer.subarray(0, wanted), position);
    const chunk = await walkInTurns(walk, buffer.subarray(0, filled), position);
    if (chunk.reason !== undefined) return { position: chunk.position, reason: chunk.reason };
    position = chunk.position;
    if (position === walk.to) break;
    if (filled < wanted || chunk.needs > walk.to - position) return { position, reason: 'torn' };
    if (chunk.needs > buffer.byteLength) buffer = memory.take(chunk.needs);
  }
  return { position, reason: 'end' };
}

/** Batches of one read. */
async function walkInTurns(walk: BatchWalk, chunk: Uint8Array, start: number): Promise<ChunkEnd> {
  const { turns } = walk;
  if (turns === undefined) return walkChunk(walk, chunk, start, Number.POSITIVE_INFINITY);
  let at = 0;
  for (;;) {
    const turn = walkChunk(walk, chunk.subarray(at), start + at, turns.bytes);
    if (turn.reason !== undefined) return turn;
    const bytes = turn.position - start - at;
    at += bytes;
    await turns.between(bytes);
    if (turn.needs > 0 || at === chunk.byteLength) return turn;
  }
}

interface ChunkEnd {
  readonly position: number;
  readonly reason: 'stopped' | 'torn' | undefined;
  /** Bytes from `position` on that must be in the buffer to go on; 0 when they are. */
  readonly needs: number;
}

/** Until the end of the chunk, or until the batch with which `bytesMax` are reached. */
function walkChunk(walk: BatchWalk, chunk: Uint8Array, start: number, bytesMax: number): ChunkEnd {
  let at = 0;
  for (;;) {
    if (at >= bytesMax) return { position: start + at, reason: undefined, needs: 0 };
    const remaining = chunk.byteLength - at;
    if (remaining < HEADER_BYTES) return { position: start + at, reason: undefined, needs: HEADER_BYTES };
    const bytes = sizeInBytes(chunk, at);
    if (magic(chunk, at) !== MAGIC || bytes < HEADER_BYTES || bytes > walk.to - start - at) {
      return { position: start + at, reason: 'torn', needs: 0 };
    }
    if (bytes > remaining && (walk.whole || isControl(chunk.subarray(at, at + HEADER_BYTES)))) {
      return { position: start + at, reason: undefined, needs: bytes };
    }
    if (!walk.visit(chunk.subarray(at, at + bytes), start + at)) {
      return { position: start + at, reason: 'stopped', needs: 0 };
    }
    at += bytes;
  }
}
