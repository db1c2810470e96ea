/**
 * Those who wait until a position of a partition has passed an offset: acknowledgements, and coordinators' replies. Owns the order in
 * which they are told. Waiting costs one small object, no promise and no timer; a waiter that lost interest ignores the call.
 *
 * New appends ask for rising offsets, so the queue is first in, first out. An answer to a duplicate may ask for an older offset; it is then
 * told together with the one before it, never too early.
 */
import { LinkedQueue } from '../base/linked-queue.ts';
import type { PartitionFault } from './partition-fault.ts';

export interface OffsetWaiter {
  /** Called once: the position is there, or `fault` ended the partition. `token` is what was given to `add`. Must not throw. */
  settle(token: number, fault: PartitionFault | undefined): void;
}

interface Waiting {
  readonly offset: number;
  readonly waiter: OffsetWaiter;
  readonly token: number;
  next: Waiting | undefined;
}

export class OffsetWaiters {
  readonly #queue = new LinkedQueue<Waiting>();

  /** `offset` is the position to reach: the last offset of the batch + 1. */
  add(offset: number, waiter: OffsetWaiter, token: number): void {
    this.#queue.push({ offset, waiter, token, next: undefined });
  }

  /** Tells all whose offset is at or below `position`. */
  release(position: number): void {
    for (let first = this.#queue.first; first !== undefined && first.offset <= position; first = this.#queue.first) {
      this.#queue.shift();
      first.waiter.settle(first.token, undefined);
    }
  }

  /** Tells all of them that they wait in vain. */
  fail(fault: PartitionFault): void {
    for (let first = this.#queue.first; first !== undefined; first = this.#queue.first) {
      this.#queue.shift();
      first.waiter.settle(first.token, fault);
    }
  }
}
