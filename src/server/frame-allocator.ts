/**
 * Memory for frames, one allocator per broker. Memory of its own costs a frame about 0.4 us and 100 bytes beside its bytes; small ones therefore share
 * a slab. Nobody keeps a view of them for long: the log copies batches of this size (`log/retained-bytes.ts`), and coordinators copy what they keep.
 */

const SCRATCH_BYTES = 64 * 1024;
const SLAB_BYTES = 16 * 1024;
const SHARED_BYTES_MAX = 4 * 1024;

export class FrameAllocator {
  /** Where sockets read to while no frame is under way. What is in it is valid only in the turn of the read. */
  readonly scratch: Uint8Array = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
  #slab: Uint8Array = Buffer.allocUnsafeSlow(SLAB_BYTES);
  #slabUsed = 0;

  /** The contents are arbitrary. */
  allocate(bytes: number): Uint8Array {
    if (bytes > SHARED_BYTES_MAX) return Buffer.allocUnsafeSlow(bytes);
    if (this.#slabUsed + bytes > SLAB_BYTES) {
      this.#slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
      this.#slabUsed = 0;
    }
    const frame = this.#slab.subarray(this.#slabUsed, this.#slabUsed + bytes);
    this.#slabUsed += bytes;
    return frame;
  }
}
