/** Checks that every request gets an answer, or its connection's end, within a time that covers everything that requests may wait for. */
import type { Clock } from '../../src/base/env.ts';
import { violated } from '../world/world.ts';

/** Sessions, rebalances and the slowest disk are well below. */
const ANSWER_MS_MAX = 40_000;

export class Answers {
  readonly #clock: Clock;
  readonly #asked = new Map<object, { readonly what: string; readonly atMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** To be called back when the answer is there. */
  asked(what: string): () => void {
    const key = {};
    this.#asked.set(key, { what, atMs: this.#clock.monotonicMs() });
    return () => void this.#asked.delete(key);
  }

  check(): void {
    for (const { what, atMs } of this.#asked.values()) {
      if (this.#clock.monotonicMs() - atMs > ANSWER_MS_MAX) violated(`never answered: ${what}`);
    }
  }
}
