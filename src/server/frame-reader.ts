/**
 * Cuts the bytes of one connection into frames: an int32 length, then that many bytes. Owns the half-received frame and where the next
 * bytes go; knows nothing of what is in a frame. A length is checked before anything is allocated (invariant I13).
 *
 * A frame's bytes live as long as anyone keeps a view of them (the log does, of record batches), so every frame that is not tiny has memory
 * of its own. The rest of a frame that began is read straight into it; whatever else comes is read into scratch memory that all connections share.
 */
import { limits } from '../base/limits.ts';
import type { FrameAllocator } from './frame-allocator.ts';

export type FrameFault = 'negative length' | 'length above socket.request.max.bytes';

const PREFIX_BYTES = 4;
const NOTHING = new Uint8Array(0);

export class FrameReader {
  readonly #allocator: FrameAllocator;
  readonly #frameBytesMax: number;
  #prefixFilled = 0;
  #prefix = 0;
  /** The frame that began, as far as there is room for it. Without one, the next bytes go to the scratch memory. */
  #frame: Uint8Array | undefined;
  #frameLength = 0;
  #frameFilled = 0;

  constructor(options: { allocator: FrameAllocator; frameBytesMax: number }) {
    this.#allocator = options.allocator;
    this.#frameBytesMax = options.frameBytesMax;
  }

  /** Bytes of memory that the half-received frame takes. */
  get partialBytes(): number {
    return this.#frame === undefined ? 0 : this.#frame.length;
  }

  target(): Uint8Array {
    return this.#frame === undefined ? this.#allocator.scratch : this.#frame.subarray(this.#frameFilled);
  }

  /**
   * Takes note of the first `count` bytes of the last target, and adds the frames that they complete to `frames`. After a fault
   * the position in the stream is lost.
   */
  received(count: number, frames: Uint8Array[]): FrameFault | undefined {
    if (this.#frame === undefined) return this.#cut(this.#allocator.scratch.subarray(0, count), frames);
    this.#frameFilled += count;
    if (this.#frameFilled === this.#frameLength) frames.push(this.#takeFrame());
    else if (this.#frameFilled === this.#frame.length) this.#growFrame(this.#frame);
    return undefined;
  }

  #cut(bytes: Uint8Array, frames: Uint8Array[]): FrameFault | undefined {
    let at = 0;
    while (at < bytes.length) {
      if (this.#prefixFilled < PREFIX_BYTES) {
        this.#prefix = (this.#prefix << 8) | (bytes[at] ?? 0);
        this.#prefixFilled += 1;
        at += 1;
        if (this.#prefixFilled < PREFIX_BYTES) continue;
        if (this.#prefix < 0) return 'negative length';
        if (this.#prefix > this.#frameBytesMax) return 'length above socket.request.max.bytes';
      }
      at += this.#beginFrame(bytes, at, frames);
    }
    // A frame of no bytes is complete with its prefix.
    if (this.#prefixFilled === PREFIX_BYTES && this.#frame === undefined) this.#beginFrame(NOTHING, 0, frames);
    return undefined;
  }

  /** Puts what there is of the frame, from `at` on, into other memory; answers how many bytes that was. */
  #beginFrame(bytes: Uint8Array, at: number, frames: Uint8Array[]): number {
    const length = this.#prefix;
    const taken = Math.min(length, bytes.length - at);
    const frame = this.#allocator.allocate(Math.max(taken, Math.min(length, limits.frameBytesBelieved)));
    frame.set(bytes.subarray(at, at + taken));
    this.#frame = frame;
    this.#frameLength = length;
    this.#frameFilled = taken;
    if (taken === length) frames.push(this.#takeFrame());
    return taken;
  }

  #takeFrame(): Uint8Array {
    const frame = this.#frame ?? NOTHING;
    this.#frame = undefined;
    this.#prefixFilled = 0;
    this.#prefix = 0;
    return frame;
  }

  /** Twice the room: each byte of a large frame is moved at most once more on average. */
  #growFrame(full: Uint8Array): void {
    const frame = this.#allocator.allocate(Math.min(this.#frameLength, full.length * 2));
    frame.set(full);
    this.#frame = frame;
  }
}
