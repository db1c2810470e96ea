/**
 * How long something on a disk that failed is left alone. A fault that goes at once costs a quarter of a second; one that stays costs one attempt
 * in half a minute, however often clients ask.
 */
import { limits } from './limits.ts';

export class FaultPause {
  #faults = 0;
  #untilMs = 0;

  /** The log could not be opened, or failed. `nowMs` is monotonic, like all times here. */
  noteFault(nowMs: number): void {
    // What was under way when the pause began says no more than the fault that began it, however many logs it hits.
    if (nowMs < this.#untilMs) return;
    // A log that worked for longer than the longest pause begins anew with a short one.
    if (nowMs > this.#untilMs + limits.faultPauseMaxMs) this.#faults = 0;
    this.#untilMs = nowMs + Math.min(limits.faultPauseMinMs * 2 ** this.#faults, limits.faultPauseMaxMs);
    this.#faults += 1;
  }

  /** 0 when the pause is over. */
  leftMs(nowMs: number): number {
    return Math.max(0, this.#untilMs - nowMs);
  }
}
