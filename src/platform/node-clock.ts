/** Time and timers of the machine. */
import type { Clock, Timer, Timers } from '../base/env.ts';

/** Node takes longer delays for 1 ms. */
const MAX_DELAY_MS = 2_147_483_647;

export const nodeClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
};

export const nodeTimers: Timers = {
  after(delayMs, callback) {
    return new NodeTimer(delayMs, callback);
  },
  soon(callback) {
    setImmediate(callback);
  },
};

/** A delay beyond what Node can count is cut into pieces. */
class NodeTimer implements Timer {
  #handle: NodeJS.Timeout;

  constructor(delayMs: number, callback: () => void) {
    this.#handle = this.#arm(delayMs, callback);
  }

  #arm(delayMs: number, callback: () => void): NodeJS.Timeout {
    const fire =
      delayMs <= MAX_DELAY_MS
        ? callback
        : () => {
            this.#handle = this.#arm(delayMs - MAX_DELAY_MS, callback);
          };
    return setTimeout(fire, Math.min(delayMs, MAX_DELAY_MS)).unref();
  }

  cancel(): void {
    clearTimeout(this.#handle);
  }
}
