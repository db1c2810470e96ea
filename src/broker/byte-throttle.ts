/** Lets so many bytes through in a second. Owns when the next may come; who takes nothing for a while saves nothing up. */
import type { Clock, Timers } from '../base/env.ts';

export interface ByteThrottleOptions {
  readonly clock: Clock;
  readonly timers: Timers;
  /** As it is now. */
  readonly bytesPerSecond: () => number;
}

export class ByteThrottle {
  readonly #options: ByteThrottleOptions;
  /** When what was taken so far is through. */
  #freeMs = 0;

  constructor(options: ByteThrottleOptions) {
    this.#options = options;
  }

  /** Resolves when the bytes may pass, or at the signal; never in the same turn, so that other work comes in between. */
  take(bytes: number, signal: AbortSignal): Promise<void> {
    const { clock, timers, bytesPerSecond } = this.#options;
    const nowMs = clock.monotonicMs();
    this.#freeMs = Math.max(this.#freeMs, nowMs) + (bytes * 1_000) / bytesPerSecond();
    const delayMs = Math.floor(this.#freeMs - nowMs);
    return new Promise((resolve) => {
      if (delayMs < 1) {
        timers.soon(resolve);
        return;
      }
      const end = (): void => {
        timer.cancel();
        signal.removeEventListener('abort', end);
        resolve();
      };
      const timer = timers.after(delayMs, end);
      signal.addEventListener('abort', end);
      if (signal.aborted) end();
    });
  }
}
