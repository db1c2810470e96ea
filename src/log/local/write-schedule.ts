/**
 * When the batches of an engine's logs go into their segments: in the turn in which somebody wants them there, else late, many of a log with one write. Owns the
 * bound on what waits in memory alone; beyond it, the log that has waited longest is written. All of them are when memory is short.
 */
import type { Timers } from '../../base/env.ts';

/** Whose batches are queued. */
export interface Writable {
  /** Begins to write all of them, unless it is writing: then it goes on with them. Never throws. */
  start(): void;
}

export class WriteSchedule {
  readonly #timers: Timers;
  readonly #lateBytesMax: number;
  /** Those that have something queued; the one that has waited longest first. */
  readonly #late = new Set<Writable>();
  #lateBytes = 0;
  #soon = new Set<Writable>();
  #wantsAll = false;
  #isTurnEnding = false;

  constructor(options: { timers: Timers; lateBytesMax: number }) {
    this.#timers = options.timers;
    this.#lateBytesMax = options.lateBytesMax;
  }

  /** What all logs have queued. */
  get lateBytes(): number {
    return this.#lateBytes;
  }

  /** `writer` has something queued, and had nothing. */
  waits(writer: Writable): void {
    this.#late.add(writer);
  }

  /** Somebody who waits has queued another `bytes`. */
  queued(bytes: number): void {
    this.#lateBytes += bytes;
    if (this.#lateBytes > this.#lateBytesMax) this.#endTurn();
  }

  /** Everything that `writer` has queued, `bytes` in all, is on its way or given up. */
  taken(writer: Writable, bytes: number): void {
    this.#late.delete(writer);
    this.#lateBytes -= bytes;
  }

  /** What all logs have queued in this turn of the event loop is written at its end. */
  soon(writer: Writable): void {
    this.#soon.add(writer);
    this.#endTurn();
  }

  /** Everything that is queued is written at the end of this turn of the event loop: its memory is wanted. */
  all(): void {
    this.#wantsAll = true;
    this.#endTurn();
  }

  #endTurn(): void {
    if (this.#isTurnEnding) return;
    this.#isTurnEnding = true;
    this.#timers.soon(() => {
      this.#isTurnEnding = false;
      this.#start();
    });
  }

  #start(): void {
    const writers = this.#soon;
    this.#soon = new Set();
    const lateBytesMax = this.#wantsAll ? 0 : this.#lateBytesMax;
    this.#wantsAll = false;
    for (const writer of writers) writer.start();
    for (const writer of this.#late) {
      if (this.#lateBytes <= lateBytesMax) return;
      writer.start();
    }
  }
}
