/**
 * The bytes of requests that all connections of a broker hold: received in part, waiting, or being handled. Owns the bound and who waits for
 * it; the connections do the pausing.
 *
 * Memory comes back when a request is answered. When only half-received requests hold it, nothing would ever be answered, so the one that waited
 * longest may then finish although the bound is exceeded; `Connection.sweep` closes it should it stall.
 */

/** A connection, as far as this file sees it. */
export interface RequestMemoryWaiter {
  /** A request of it was received in part. */
  readonly isMidRequest: boolean;
  resumeReading(): void;
}

export class RequestMemory {
  readonly #bytesMax: number;
  #bytes = 0;
  /** The part of `#bytes` that belongs to complete requests, whose answer will give it back. */
  #completeBytes = 0;
  readonly #waiting = new Set<RequestMemoryWaiter>();
  /** Reads although the bound is exceeded. */
  #exempt: RequestMemoryWaiter | undefined;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get isExceeded(): boolean {
    return this.#bytes > this.#bytesMax;
  }

  get hasWaiters(): boolean {
    return this.#waiting.size > 0;
  }

  /** What one connection holds changed by these amounts. */
  change(delta: { bytes: number; completeBytes: number }): void {
    this.#bytes += delta.bytes;
    this.#completeBytes += delta.completeBytes;
    this.#wake();
  }

  /** Whether this connection must stop reading for now; asked after each of its reads. It is told when it may go on. */
  mustWait(waiter: RequestMemoryWaiter): boolean {
    if (this.#exempt === waiter && !waiter.isMidRequest) this.#exempt = undefined;
    if (!this.isExceeded || this.#exempt === waiter) return false;
    this.#waiting.add(waiter);
    this.#exemptOne();
    return this.#waiting.has(waiter);
  }

  /** The connection is gone. */
  forget(waiter: RequestMemoryWaiter): void {
    this.#waiting.delete(waiter);
    if (this.#exempt !== waiter) return;
    this.#exempt = undefined;
    this.#wake();
  }

  #wake(): void {
    if (this.#waiting.size === 0) return;
    if (this.isExceeded) this.#exemptOne();
    else for (const waiter of this.#waiting) this.#release(waiter);
  }

  #exemptOne(): void {
    if (this.#completeBytes > 0 || this.#exempt !== undefined) return;
    for (const waiter of this.#waiting) {
      if (!waiter.isMidRequest) continue;
      this.#exempt = waiter;
      this.#release(waiter);
      return;
    }
  }

  #release(waiter: RequestMemoryWaiter): void {
    this.#waiting.delete(waiter);
    waiter.resumeReading();
  }
}
