/**
 * Owns work that nobody awaits: every background promise has a name, ends on the signal, and its failure is reported.
 * A lifecycle stops once; work may not be added afterwards.
 */
import { assert } from './assert.ts';
import type { Logger } from './env.ts';

export class Lifecycle {
  readonly #abort = new AbortController();
  readonly #running = new Map<Promise<void>, string>();
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get stopped(): boolean {
    return this.#abort.signal.aborted;
  }

  /** Starts `work` now. A rejection is logged with `name`; it ends only that work. */
  run(name: string, work: (signal: AbortSignal) => Promise<void>): void {
    assert(!this.stopped, 'background work added after the stop', { name });
    const promise = work(this.#abort.signal)
      .catch((error: unknown) => {
        if (!this.stopped) this.#logger.error({ err: error, work: name }, 'background work failed');
      })
      .finally(() => this.#running.delete(promise));
    this.#running.set(promise, name);
  }

  /** Tells everything to end and waits until it has. */
  async stop(): Promise<void> {
    this.#abort.abort();
    while (this.#running.size > 0) await Promise.all(this.#running.keys());
  }
}
