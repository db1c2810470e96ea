/** Time that stands still until it is told to pass. What is due happens in order, and what follows from it gets its turn in between. */
import type { Clock, Timer, Timers } from '../src/base/env.ts';

interface VirtualTimer extends Timer {
  readonly dueMs: number;
  readonly callback: () => void;
}

export class VirtualClock implements Clock, Timers {
  #nowMs: number;
  readonly #startMs: number;
  readonly #waiting = new Set<VirtualTimer>();

  constructor(startMs = 1_800_000_000_000) {
    this.#startMs = startMs;
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs - this.#startMs;
  }

  get timersWaiting(): number {
    return this.#waiting.size;
  }

  after(delayMs: number, callback: () => void): Timer {
    const timer: VirtualTimer = {
      dueMs: this.#nowMs + delayMs,
      callback,
      cancel: () => this.#waiting.delete(timer),
    };
    this.#waiting.add(timer);
    return timer;
  }

  soon(callback: () => void): void {
    setImmediate(callback);
  }

  async advance(ms: number): Promise<void> {
    const end = this.#nowMs + ms;
    await settle();
    for (let timer = this.#firstDueBy(end); timer !== undefined; timer = this.#firstDueBy(end)) {
      this.#waiting.delete(timer);
      this.#nowMs = timer.dueMs;
      timer.callback();
      await settle();
    }
    this.#nowMs = end;
  }

  #firstDueBy(momentMs: number): VirtualTimer | undefined {
    let first: VirtualTimer | undefined;
    for (const timer of this.#waiting) {
      if (timer.dueMs <= momentMs && (first === undefined || timer.dueMs < first.dueMs)) first = timer;
    }
    return first;
  }
}

/** Lets everything run that waits for nothing but its turn: promises, and a few rounds of `soon`. */
export async function settle(rounds = 8): Promise<void> {
  for (let round = 0; round < rounds; round += 1) await new Promise((resolve) => setImmediate(resolve));
}
