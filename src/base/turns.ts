/** Runs asynchronous work one piece at a time, in the order in which it came. Owns the queue and nothing of what runs in it. */

export class Turns {
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** Pieces of work that have not ended. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Resolves or rejects as `work` does. A rejection does not disturb what comes after. */
  take<T>(work: () => Promise<T>): Promise<T> {
    this.#waiting += 1;
    const turn = this.#last.then(work).finally(() => {
      this.#waiting -= 1;
    });
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}
