/**
 * A fetch that waits for data: until enough bytes have come below where it may read, a partition stopped, the time is up, or the client is
 * gone. It counts what the partitions tell it and reads nothing; woken by appends, never by polling.
 */
import type { Timers } from '../base/env.ts';
import type { Isolation } from '../partition/partition.ts';
import type { ReadableBytes } from '../partition/partition-progress.ts';
import type { FetchPartition } from './fetch-partition.ts';
import type { FetchWaiter } from './fetch-sessions.ts';

/** Whose partitions are waited for: a session, or a single request. */
export interface FetchScope {
  wait(waiter: FetchWaiter): void;
  endWait(waiter: FetchWaiter): void;
}

export interface FetchWait {
  readonly scope: FetchScope;
  /** How much has to come. */
  readonly missingBytes: number;
  readonly maxWaitMs: number;
  readonly isolation: Isolation;
  readonly timers: Timers;
  /** Of the connection. */
  readonly signal: AbortSignal;
}

/** Resolves when it is time to read again. */
export function parkFetch(wait: FetchWait): Promise<void> {
  return new Promise((resolve) => {
    const parked = new ParkedFetch(wait, resolve);
    parked.start();
  });
}

class ParkedFetch implements FetchWaiter {
  readonly #wait: FetchWait;
  readonly #resolve: () => void;
  readonly #end = (): void => this.#finish();
  #missingBytes: number;
  #cancelTimer: (() => void) | undefined;

  constructor(wait: FetchWait, resolve: () => void) {
    this.#wait = wait;
    this.#resolve = resolve;
    this.#missingBytes = wait.missingBytes;
  }

  start(): void {
    const { scope, timers, maxWaitMs, signal } = this.#wait;
    scope.wait(this);
    const timer = timers.after(maxWaitMs, this.#end);
    this.#cancelTimer = () => timer.cancel();
    signal.addEventListener('abort', this.#end, { once: true });
    if (signal.aborted) this.#finish();
  }

  partitionMoved(target: FetchPartition, progress: ReadableBytes): void {
    const { isolation } = this.#wait;
    const bytes = progress[isolation === 'committed' ? 'committed' : 'uncommitted'];
    this.#missingBytes -= Math.min(bytes, target.bytesMax);
    if (this.#missingBytes <= 0 || target.partition === undefined) this.#finish();
  }

  supersede(): void {
    this.#finish();
  }

  #finish(): void {
    this.#cancelTimer?.();
    this.#wait.signal.removeEventListener('abort', this.#end);
    this.#wait.scope.endWait(this);
    this.#resolve();
  }
}
