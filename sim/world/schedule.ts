/**
 * The only order of events in a simulated world: one queue by virtual time, which is also the world's clock. Everything that happens later than now, a timer, a
 * disk call's end, bytes on their way, is an event of it, and between two events everything runs that waits for promises only. So the seed, and nothing of
 * the machine, decides what comes after what. Never waits for real time.
 */
import type { Clock, Timer, Timers } from '../../src/base/env.ts';

const START_MS = 1_800_000_000_000;
/** Node runs everything that waits for promises only between two of its immediates, but goes round its event loop only after all that were set before. */
const TURNS_IN_A_ROUND = 100;

interface Event extends Timer {
  readonly dueMs: number;
  readonly sequence: number;
  /** Undefined: it was cancelled. */
  callback: (() => void) | undefined;
}

export class Schedule implements Clock, Timers {
  #nowMs = 0;
  #sequence = 0;
  /** A binary heap: each event is due no later than the two below it. */
  readonly #heap: Event[] = [];

  now(): number {
    return START_MS + Math.floor(this.#nowMs);
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  /** Events that happened so far. */
  steps = 0;

  after(delayMs: number, callback: () => void): Timer {
    const event: Event = {
      dueMs: this.#nowMs + delayMs,
      sequence: this.#sequence,
      callback,
      cancel() {
        event.callback = undefined;
      },
    };
    this.#sequence += 1;
    this.#push(event);
    return event;
  }

  soon(callback: () => void): void {
    this.after(0, callback);
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** Lets events happen until `isOver`; false when nothing is left that could happen. */
  runUntil(isOver: () => boolean): Promise<boolean> {
    return new Promise((resolve, reject) => {
      let isRunning = true;
      const end = (settle: () => void): void => {
        isRunning = false;
        settle();
      };
      const turn = (): void => {
        if (!isRunning) return;
        try {
          if (isOver()) end(() => resolve(true));
          else if (!this.#step()) end(() => resolve(false));
        } catch (error) {
          end(() => reject(error));
        }
      };
      const round = (): void => {
        for (let count = 0; count < TURNS_IN_A_ROUND; count += 1) setImmediate(turn);
        if (isRunning) setImmediate(round);
      };
      round();
    });
  }

  /** False when there is no event any more. */
  #step(): boolean {
    const event = this.#pop();
    if (event === undefined) return false;
    this.#nowMs = event.dueMs;
    this.steps += 1;
    event.callback?.();
    return true;
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !isBefore(event, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = event;
  }

  /** The next event that was not cancelled. */
  #pop(): Event | undefined {
    for (;;) {
      const first = this.#heap[0];
      const last = this.#heap.pop();
      if (first === undefined || last === undefined) return undefined;
      if (this.#heap.length > 0) this.#sink(last);
      if (first.callback !== undefined) return first;
    }
  }

  /** Puts `event` where the first one was. */
  #sink(event: Event): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      const left = heap[2 * at + 1];
      const right = heap[2 * at + 2];
      const isRight = right !== undefined && left !== undefined && isBefore(right, left);
      const below = isRight ? right : left;
      if (below === undefined || !isBefore(below, event)) break;
      heap[at] = below;
      at = 2 * at + (isRight ? 2 : 1);
    }
    heap[at] = event;
  }
}

function isBefore(left: Event, right: Event): boolean {
  return left.dueMs === right.dueMs ? left.sequence < right.sequence : left.dueMs < right.dueMs;
}
