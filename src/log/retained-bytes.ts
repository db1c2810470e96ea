/**
 * Counts what kept batches really hold on to. A batch is a view: as long as it is kept, the whole buffer behind it stays in memory, so
 * buffers are counted, each once. Small batches move into shared slabs, where neighbours lie side by side and no frame is held for them.
 */
import { assert } from '../base/assert.ts';

/** Copying this much costs less than what follows from a batch that is not next to its neighbours. */
const COPIED_BYTES_MAX = 4096;
/** A batch that is a smaller part of its buffer than this is copied: it would hold too much that nobody reads. */
const BUFFER_SHARE_MIN = 1 / 8;
/** Batches up to this size are copied already when they are less than half of their buffer. */
const MEDIUM_BYTES_MAX = 16 * 1024;
const SLAB_BYTES = 64 * 1024;

export class RetainedBytes {
  /** How many kept batches lie in each buffer. */
  readonly #uses = new Map<ArrayBufferLike, number>();
  #slab: Uint8Array = new Uint8Array(0);
  #slabUsed = 0;
  #total = 0;

  /** Bytes of all buffers that kept batches lie in. */
  get total(): number {
    return this.#total;
  }

  /** The bytes to keep: the same, or a copy of them. */
  keep(bytes: Uint8Array): Uint8Array {
    const kept = this.#mustCopy(bytes) ? this.#copy(bytes) : bytes;
    const uses = this.#uses.get(kept.buffer);
    if (uses === undefined) this.#total += kept.buffer.byteLength;
    this.#uses.set(kept.buffer, (uses ?? 0) + 1);
    return kept;
  }

  /** `kept` is what `keep` answered. */
  release(kept: Uint8Array): void {
    const uses = this.#uses.get(kept.buffer);
    assert(uses !== undefined, 'bytes released that were not kept');
    if (uses > 1) {
      this.#uses.set(kept.buffer, uses - 1);
    } else {
      this.#uses.delete(kept.buffer);
      this.#total -= kept.buffer.byteLength;
    }
  }

  #mustCopy(bytes: Uint8Array): boolean {
    const share = bytes.byteLength <= MEDIUM_BYTES_MAX ? 1 / 2 : BUFFER_SHARE_MIN;
    return bytes.byteLength <= COPIED_BYTES_MAX || bytes.byteLength < bytes.buffer.byteLength * share;
  }

  #copy(bytes: Uint8Array): Uint8Array {
    if (bytes.byteLength > COPIED_BYTES_MAX) return Uint8Array.prototype.slice.call(bytes);
    if (this.#slabUsed + bytes.byteLength > this.#slab.byteLength) {
      this.#slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
      this.#slabUsed = 0;
    }
    const copy = this.#slab.subarray(this.#slabUsed, this.#slabUsed + bytes.byteLength);
    copy.set(bytes);
    this.#slabUsed += bytes.byteLength;
    return copy;
  }
}
