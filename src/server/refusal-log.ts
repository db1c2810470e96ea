/**
 * Log lines about what clients do wrong, so that a flood of them cannot flood the log: a few lines at once, and after each interval one line that
 * says how many more there were.
 */
import type { Clock, Logger } from '../base/env.ts';
import { limits } from '../base/limits.ts';

const LINES_PER_INTERVAL = 10;

export class RefusalLog {
  readonly #logger: Logger;
  readonly #clock: Clock;
  #intervalStartMs = -Infinity;
  #lines = 0;
  #suppressed = 0;

  constructor(options: { logger: Logger; clock: Clock }) {
    this.#logger = options.logger;
    this.#clock = options.clock;
  }

  warn(fields: object, message: string): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#intervalStartMs >= limits.refusalLogIntervalMs) {
      if (this.#suppressed > 0) this.#logger.warn({ count: this.#suppressed }, 'more refusals, not logged one by one');
      this.#intervalStartMs = nowMs;
      this.#lines = 0;
      this.#suppressed = 0;
    }
    if (this.#lines >= LINES_PER_INTERVAL) {
      this.#suppressed += 1;
      return;
    }
    this.#lines += 1;
    this.#logger.warn(fields, message);
  }
}
