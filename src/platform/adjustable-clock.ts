/**
 * A clock that runs with the machine's and can be moved forward: everything that waits for a moment within the jump happens, in
 * order, each at its own moment. It lets a running broker live through ten minutes in an instant. It never goes back.
 */
import type { Clock, Timer, Timers } from '../base/env.ts';
import { Turns } from '../base/turns.ts';

export class AdjustableClock implements Clock, Timers {
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #waiting = new Set<AdjustableTimer>();
  #offsetMs = 0;
  /** Jumps do not overlap: the next begins when the last one is through. */
  readonly #jumps = new Turns();

  constructor(real: { clock: Clock; timers: Timers }) {
    this.#clock = real.clock;
    this.#timers = real.timers;
  }

  now(): number {
    return Math.floor(this.#clock.now() + this.#offsetMs);
  }

  monotonicMs(): number {
    return this.#clock.monotonicMs() + this.#offsetMs;
  }

  after(delayMs: number, callback: () => void): Timer {
    const timer = new AdjustableTimer(this.monotonicMs() + delayMs, callback, this.#waiting);
    timer.arm(this.#timers, delayMs);
    return timer;
  }

  soon(callback: () => void): void {
    this.#timers.soon(callback);
  }

  /** Resolves when every timer due within the next `ms` has run, and the work that follows at once from each has had its turn. */
  advance(ms: number): Promise<void> {
    return this.#jumps.take(() => this.#advance(ms));
  }

  async #advance(ms: number): Promise<void> {
    const end = this.monotonicMs() + ms;
    for (let timer = this.#firstDueBy(end); timer !== undefined; timer = this.#firstDueBy(end)) {
      this.#moveTo(timer.dueMs);
      timer.fire();
      await new Promise<void>((resolve) => this.#timers.soon(resolve));
    }
    this.#moveTo(end);
    for (const timer of this.#waiting) timer.arm(this.#timers, timer.dueMs - this.monotonicMs());
  }

  #moveTo(moment: number): void {
    this.#offsetMs += Math.max(0, moment - this.monotonicMs());
  }

  #firstDueBy(moment: number): AdjustableTimer | undefined {
    let first: AdjustableTimer | undefined;
    for (const timer of this.#waiting) {
      if (timer.dueMs <= moment && (first === undefined || timer.dueMs < first.dueMs)) first = timer;
    }
    return first;
  }
}

class AdjustableTimer implements Timer {
  readonly dueMs: number;
  readonly #callback: () => void;
  readonly #waiting: Set<AdjustableTimer>;
  #real: Timer | undefined;

  constructor(dueMs: number, callback: () => void, waiting: Set<AdjustableTimer>) {
    this.dueMs = dueMs;
    this.#callback = callback;
    this.#waiting = waiting;
    waiting.add(this);
  }

  arm(timers: Timers, delayMs: number): void {
    this.#real?.cancel();
    this.#real = timers.after(Math.max(0, delayMs), () => this.fire());
  }

  fire(): void {
    this.cancel();
    this.#callback();
  }

  cancel(): void {
    this.#real?.cancel();
    this.#waiting.delete(this);
  }
}
