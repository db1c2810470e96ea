/**
 * The last offset of each key in the part of a log that is new. Owns the bound on its memory: when it is full, what lies above the last batch
 * that it knows wholly is left for the next pass. Keys are compared as they are, not by a hash, so that no record is ever lost to a collision.
 */

/** What an entry costs besides the bytes of its key: a string's header, a place in the table and a number. */
const ENTRY_BYTES = 64;

export class KeyMap {
  readonly #offsets = new Map<string, number>();
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get size(): number {
    return this.#offsets.size;
  }

  /** Asked before a batch, never within one: so every pass takes at least one batch and gets somewhere. */
  get isFull(): boolean {
    return this.#bytes >= this.#bytesMax;
  }

  /** Offsets come in rising order. */
  put(key: string, offset: number): void {
    const before = this.#offsets.size;
    this.#offsets.set(key, offset);
    if (this.#offsets.size > before) this.#bytes += key.length + ENTRY_BYTES;
  }

  /** -1 when the key is not in the new part. */
  get(key: string): number {
    return this.#offsets.get(key) ?? -1;
  }
}

/** One character per byte: the shortest string that tells keys apart. */
export function keyString(bytes: Uint8Array, start: number, length: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, length).toString('latin1');
}
