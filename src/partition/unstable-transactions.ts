/**
 * The transactions of one partition that hold back its last stable offset: those that are open, and those that have ended but whose marker is not committed yet.
 * Owns their order. A pure state machine: `ProducerState` tells it what begins and ends, the partition how far the log is committed.
 *
 * Transactions begin at rising offsets, so a new one goes to the end of a linked list and the first of the list is the earliest: every step costs the same, however
 * many are open.
 */
import { assert, present } from '../base/assert.ts';
import { LazyMap } from '../base/lazy-map.ts';

interface Transaction {
  readonly producerId: number;
  readonly firstOffset: number;
  /** Bytes of the log before the first record, counted as the partition counts them. */
  readonly bytesBefore: number;
  /** Of the marker that ended it; -1 while it is open. */
  markerOffset: number;
  previous: Transaction | undefined;
  next: Transaction | undefined;
}

export class UnstableTransactions {
  readonly #open = new LazyMap<number, Transaction>();
  /** Ended, in the order of their markers. */
  readonly #ended: Transaction[] = [];
  #first: Transaction | undefined;
  #last: Transaction | undefined;

  get openCount(): number {
    return this.#open.size;
  }

  /** Where the earliest of them begins; undefined when there is none. */
  get firstOffset(): number | undefined {
    return this.#first?.firstOffset;
  }

  /** Bytes of the log before the earliest of them; undefined when there is none. */
  get bytesBefore(): number | undefined {
    return this.#first?.bytesBefore;
  }

  /** Where the earliest transaction begins that is open and of another producer; undefined when there is none. */
  firstOpenOfOthers(producerId: number): number | undefined {
    let transaction = this.#first;
    while (transaction !== undefined && (transaction.markerOffset >= 0 || transaction.producerId === producerId)) {
      transaction = transaction.next;
    }
    return transaction?.firstOffset;
  }

  begin(beginning: { readonly producerId: number; readonly firstOffset: number; readonly bytesBefore: number }): void {
    const { producerId, firstOffset } = beginning;
    assert(!this.#open.has(producerId), 'a producer has one transaction at a time', { producerId });
    const previous = this.#last;
    assert(previous === undefined || previous.firstOffset < firstOffset, 'transactions begin in order', {
      firstOffset,
    });
    const transaction: Transaction = { ...beginning, markerOffset: -1, previous, next: undefined };
    this.#open.set(producerId, transaction);
    if (previous === undefined) this.#first = transaction;
    else previous.next = transaction;
    this.#last = transaction;
  }

  /** It goes on holding back the last stable offset until its marker is committed. */
  end(producerId: number, markerOffset: number): void {
    const transaction = present(this.#open.get(producerId), 'only an open transaction ends');
    this.#open.delete(producerId);
    transaction.markerOffset = markerOffset;
    this.#ended.push(transaction);
  }

  /** Lets go of those whose markers lie below `highWatermark`. */
  release(highWatermark: number): void {
    let count = 0;
    for (const transaction of this.#ended) {
      if (transaction.markerOffset >= highWatermark) break;
      this.#unlink(transaction);
      count += 1;
    }
    if (count > 0) this.#ended.splice(0, count);
  }

  #unlink({ previous, next }: Transaction): void {
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
  }
}
