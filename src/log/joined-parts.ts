/** Byte ranges in order, for one call that takes many: those that follow one another in one buffer become one view, made once. */

export class JoinedParts {
  readonly #parts: Uint8Array[] = [];
  /** The range that goes on: its first piece, and where it ends by now. */
  #first: Uint8Array | undefined;
  #end = 0;

  add(bytes: Uint8Array): void {
    const first = this.#first;
    if (first === undefined || bytes.byteOffset !== this.#end || bytes.buffer !== first.buffer) {
      this.#endRange();
      this.#first = bytes;
    }
    this.#end = bytes.byteOffset + bytes.byteLength;
  }

  /** To be called once, when nothing more is added. */
  take(): readonly Uint8Array[] {
    this.#endRange();
    return this.#parts;
  }

  #endRange(): void {
    const first = this.#first;
    if (first === undefined) return;
    const bytes = this.#end - first.byteOffset;
    this.#parts.push(bytes === first.byteLength ? first : new Uint8Array(first.buffer, first.byteOffset, bytes));
  }
}
