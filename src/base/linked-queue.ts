/**
 * A queue whose elements know the next one. It holds no memory while it is empty, which counts where thousands of owners have one that is empty most of the time.
 * Bounding it is its owner's business.
 */

/** Belongs to one queue at a time. `next` is the queue's alone. */
export interface Linked<Element> {
  next: Element | undefined;
}

export class LinkedQueue<Element extends Linked<Element>> {
  #first: Element | undefined;
  #last: Element | undefined;

  get first(): Element | undefined {
    return this.#first;
  }

  push(element: Element): void {
    if (this.#last === undefined) this.#first = element;
    else this.#last.next = element;
    this.#last = element;
  }

  /** Takes out the first one, which there must be. */
  shift(): void {
    const first = this.#first;
    this.#first = first?.next;
    if (this.#first === undefined) this.#last = undefined;
    else if (first !== undefined) first.next = undefined;
  }
}
