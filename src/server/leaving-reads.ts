/**
 * The read buffers that are on their way out of one connection. Gives each back when the operating system has taken its bytes, and never before: until then
 * the socket still looks at them.
 */
import type { ReadBuffers } from '../base/read-buffers.ts';

interface LeavingPart {
  readonly part: Uint8Array;
  /** How much had been handed to the socket, ever, when the part was. */
  readonly endBytes: number;
}

export class LeavingReads {
  readonly #buffers: ReadBuffers;
  readonly #parts: LeavingPart[] = [];
  #handedBytes = 0;

  constructor(buffers: ReadBuffers) {
    this.#buffers = buffers;
  }

  /** `parts` were handed to the socket, in this order. */
  handed(parts: readonly Uint8Array[]): void {
    for (const part of parts) {
      this.#handedBytes += part.length;
      if (this.#buffers.isLent(part)) this.#parts.push({ part, endBytes: this.#handedBytes });
    }
  }

  /** All but the last `pendingBytes` have left. */
  left(pendingBytes: number): void {
    const leftBytes = this.#handedBytes - pendingBytes;
    let count = 0;
    for (const { part, endBytes } of this.#parts) {
      if (endBytes > leftBytes) break;
      this.#buffers.giveBack(part);
      count += 1;
    }
    if (count > 0) this.#parts.splice(0, count);
  }
}
