/**
 * Times at which a coordinator wants to be called, one per key. A wake-up is only ever moved forward: one that comes too early is cheap (its
 * owner looks and asks again), so a heartbeat that moves a deadline back touches no timer.
 */
import type { Clock, Timer, Timers } from '../base/env.ts';

export class WakeUps {
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #onWake: (key: string) => void;
  readonly #scheduled = new Map<string, { readonly atMs: number; readonly timer: Timer }>();

  constructor(options: { clock: Clock; timers: Timers; onWake: (key: string) => void }) {
    this.#clock = options.clock;
    this.#timers = options.timers;
    this.#onWake = options.onWake;
  }

  get size(): number {
    return this.#scheduled.size;
  }

  /** `atMs` is on the monotonic clock. */
  wakeAt(key: string, atMs: number): void {
    const earlier = this.#scheduled.get(key);
    if (earlier !== undefined) {
      if (earlier.atMs <= atMs) return;
      earlier.timer.cancel();
    }
    const delayMs = Math.max(0, Math.ceil(atMs - this.#clock.monotonicMs()));
    const timer = this.#timers.after(Math.min(delayMs, TIMER_MS_MAX), () => {
      this.#scheduled.delete(key);
      this.#onWake(key);
    });
    this.#scheduled.set(key, { atMs, timer });
  }

  cancelAll(): void {
    for (const { timer } of this.#scheduled.values()) timer.cancel();
    this.#scheduled.clear();
  }
}

/** The longest delay that a 32-bit timer takes; waking up after 24 days for nothing does no harm. */
const TIMER_MS_MAX = 2 ** 31 - 1;
