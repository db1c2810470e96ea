/**
 * Bytes that gather in one piece of memory, which is used again and again. Memory made for each piece anew is memory that the garbage collector counts without
 * seeing it, and every few dozen megabytes of it make it walk the whole heap. Owns the memory; what it answers is lent until the next change.
 */

const FIRST_BYTES = 1024;

export class GatheredBytes {
  #memory = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** All of them. */
  get bytes(): Uint8Array {
    return this.#memory.subarray(0, this.#length);
  }

  /** What is behind the first `length` bytes is forgotten. */
  cut(length: number): void {
    this.#length = Math.min(this.#length, length);
  }

  add(bytes: Uint8Array, start = 0, end = bytes.length): void {
    const at = this.grow(end - start);
    this.#memory.set(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end), at);
  }

  /** Room for so many bytes more, which are to be written to `memory`; answers where they begin. */
  grow(bytes: number): number {
    const at = this.#length;
    this.#length += bytes;
    if (this.#length > this.#memory.length) {
      const memory = Buffer.allocUnsafeSlow(Math.max(this.#memory.length * 2, this.#length));
      memory.set(this.#memory.subarray(0, at));
      this.#memory = memory;
    }
    return at;
  }

  /** Another one after each `add` or `grow`. */
  get memory(): Uint8Array {
    return this.#memory;
  }
}
