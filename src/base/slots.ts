/** Runs asynchronous work a few pieces at a time, the others in the order in which they came. Owns the queue and nothing of what runs in it. */

export class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  /** The results in the order of `works`. Rejects with the first failure, but only when none of them is at work any more. */
  async all<T>(works: readonly (() => Promise<T>)[]): Promise<T[]> {
    const running = works.map((work) => this.run(work));
    await Promise.allSettled(running);
    return Promise.all(running);
  }

  /** Resolves or rejects as `work` does. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}
