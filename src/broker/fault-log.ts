/**
 * Log lines about partitions whose logs failed. When a disk goes, thousands of them fail in one moment: the first is told at once, the others of the
 * next seconds are counted and told with the first one after them.
 */
import type { Clock, Logger } from '../base/env.ts';
import { limits } from '../base/limits.ts';

export class FaultLog {
  readonly #clock: Clock;
  readonly #logger: Logger;
  #toldMs = Number.NEGATIVE_INFINITY;
  #untold = 0;

  constructor({ clock, logger }: { readonly clock: Clock; readonly logger: Logger }) {
    this.#clock = clock;
    this.#logger = logger;
  }

  error(fields: object, message: string): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#toldMs < limits.faultLogIntervalMs) {
      this.#untold += 1;
      this.#logger.debug(fields, message);
      return;
    }
    const untold = this.#untold === 0 ? {} : { othersSince: this.#untold };
    this.#toldMs = nowMs;
    this.#untold = 0;
    this.#logger.error({ ...fields, ...untold }, message);
  }
}
