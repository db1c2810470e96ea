/**
 * Memory that files are read into on the way to a socket. Taken anew for every read, a large buffer costs more processor time than filling it: it is memory
 * that the garbage collector does not see but counts, and every few dozen of them make it walk the whole heap. So large buffers are lent, and whoever hands
 * the bytes to the operating system gives them back.
 *
 * Forgetting to give back is harmless: the buffer is then garbage like any other. Giving back what somebody still looks at is not; only the one place where
 * bytes leave the process may do it.
 */
import { limits } from './limits.ts';

/** Smaller ones cost less to make than to keep. */
const LENT_BYTES_MIN = 64 * 1024;

export class ReadBuffers {
  readonly #lent = new WeakSet<ArrayBufferLike>();
  readonly #free: ArrayBufferLike[] = [];

  /** At least `bytes` long where it was lent; arbitrary contents. */
  borrow(bytes: number): Uint8Array {
    if (bytes < LENT_BYTES_MIN || bytes > limits.logReadBytes) return Buffer.allocUnsafeSlow(bytes);
    const memory = this.#free.pop() ?? Buffer.allocUnsafeSlow(limits.logReadBytes).buffer;
    this.#lent.add(memory);
    return Buffer.from(memory, 0, bytes);
  }

  isLent(part: Uint8Array): boolean {
    return this.#lent.has(part.buffer);
  }

  /** Nobody looks at `part`, or at anything else that was read into the same buffer, any more. What was not lent is left alone. */
  giveBack(part: Uint8Array): void {
    if (this.#lent.delete(part.buffer) && this.#free.length < limits.freeReadBuffers) this.#free.push(part.buffer);
  }
}
