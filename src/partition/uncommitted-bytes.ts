/**
 * How many bytes lie between the high watermark and the end of the log, batch by batch: what tells a waiting fetch how much it may now
 * read without reading it, and a connection that it sends faster than the disk takes.
 */
export class UncommittedBytes {
  #endOffsets: number[] = [];
  #bytes: number[] = [];
  #head = 0;
  #total = 0;

  get total(): number {
    return this.#total;
  }

  add(endOffset: number, bytes: number): void {
    this.#endOffsets.push(endOffset);
    this.#bytes.push(bytes);
    this.#total += bytes;
  }

  /** Takes out the batches that end at or below `position`; answers their bytes. */
  take(position: number): number {
    let taken = 0;
    let head = this.#head;
    for (let end = this.#endOffsets[head]; end !== undefined && end <= position; end = this.#endOffsets[head]) {
      taken += this.#bytes[head] ?? 0;
      head += 1;
    }
    this.#total -= taken;
    this.#head = head;
    if (head === this.#endOffsets.length || head >= compactAfter) {
      this.#endOffsets.splice(0, head);
      this.#bytes.splice(0, head);
      this.#head = 0;
    }
    return taken;
  }
}

/** Fewer taken slots than this stay in place: moving the rest costs more than it frees. */
const compactAfter = 1024;
