/**
 * Memory for keys, in chunks of one size. Owns the chunks that are kept from one pass to the next, used or not. These are shared memory, although nobody shares them:
 * all other memory outside of the heap is counted by the garbage collector, and a few megabytes more of it, once there, make it walk the whole heap. As they are
 * never let go, nothing is lost when nobody counts them. What a large pass needs beyond is memory like any other, which goes when the pass is over.
 */
import { limits } from '../../base/limits.ts';

export const CHUNK_BYTES = 256 * 1024;
const KEPT_CHUNKS_MAX = limits.keptKeyMapBytes / CHUNK_BYTES;

export class KeyMemory {
  readonly #free: SharedArrayBuffer[] = [];
  #keptCount = 0;

  /** `CHUNK_BYTES`, with arbitrary contents. */
  take(): ArrayBufferLike {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    if (this.#keptCount === KEPT_CHUNKS_MAX) return Buffer.allocUnsafeSlow(CHUNK_BYTES).buffer;
    this.#keptCount += 1;
    return new SharedArrayBuffer(CHUNK_BYTES);
  }

  /** Nobody uses it any more. */
  giveBack(chunk: ArrayBufferLike): void {
    if (chunk instanceof SharedArrayBuffer) this.#free.push(chunk);
  }
}
