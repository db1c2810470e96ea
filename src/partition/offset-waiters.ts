/**
 * Those who wait until a position of a partition has passed an offset: acknowledgements, and coordinators' replies. Owns the order in
 * which they are told. Waiting costs three array slots, no promise and no timer; a waiter that lost interest ignores the call.
 *
 * New appends ask for rising offsets, so the queue is first in, first out. An answer to a duplicate may ask for an older offset; it is then
 * told together with the one before it, never too early.
 */
import type { PartitionFault } from './partition-fault.ts';

export interface OffsetWaiter {
  /** Called once: the position is there, or `fault` ended the partition. `token` is what was given to `add`. Must not throw. */
  settle(token: number, fault: PartitionFault | undefined): void;
}

/** Below this many settled slots at the front of the arrays they are left in place: moving the rest costs more than it frees. */
const compactAfter = 1024;

export class OffsetWaiters {
  #offsets: number[] = [];
  #waiters: OffsetWaiter[] = [];
  #tokens: number[] = [];
  #head = 0;

  get size(): number {
    return this.#offsets.length - this.#head;
  }

  /** `offset` is the position to reach: the last offset of the batch + 1. */
  add(offset: number, waiter: OffsetWaiter, token: number): void {
    this.#offsets.push(offset);
    this.#waiters.push(waiter);
    this.#tokens.push(token);
  }

  /** Tells all whose offset is at or below `position`. */
  release(position: number): void {
    for (let next = this.#offsets[this.#head]; next !== undefined && next <= position; ) {
      this.#settleFirst(undefined);
      next = this.#offsets[this.#head];
    }
    this.#compact();
  }

  /** Tells all of them that they wait in vain. */
  fail(fault: PartitionFault): void {
    while (this.#head < this.#offsets.length) this.#settleFirst(fault);
    this.#compact();
  }

  #settleFirst(fault: PartitionFault | undefined): void {
    const waiter = this.#waiters[this.#head];
    const token = this.#tokens[this.#head];
    this.#head += 1;
    if (waiter !== undefined && token !== undefined) waiter.settle(token, fault);
  }

  #compact(): void {
    if (this.#head === this.#offsets.length) {
      this.#offsets.length = 0;
      this.#waiters.length = 0;
      this.#tokens.length = 0;
      this.#head = 0;
    } else if (this.#head >= compactAfter) {
      this.#offsets.splice(0, this.#head);
      this.#waiters.splice(0, this.#head);
      this.#tokens.splice(0, this.#head);
      this.#head = 0;
    }
  }
}
