/**
 * The wait of one produce request for the places that its batches were given. One object and one promise per request, however many partitions
 * it wrote to. It only counts; what is acknowledged the partitions decide.
 */
import type { Timer, Timers } from '../base/env.ts';
import { limits } from '../base/limits.ts';
import type { OffsetWaiter } from '../partition/offset-waiters.ts';
import type { Partition } from '../partition/partition.ts';
import { errorOfFault, type PartitionFault } from '../partition/partition-fault.ts';
import { ErrorCode } from '../protocol/error-code.ts';

export class Acknowledgement implements OffsetWaiter {
  readonly #fail: (token: number, error: ErrorCode) => void;
  /** By token: whether it is waited for. */
  readonly #waits: boolean[];
  #pending = 0;
  #resolve: (() => void) | undefined;
  #timer: Timer | undefined;

  /** Tokens are below `tokens`. `fail` is told which of the batches will not be acknowledged, and why. */
  constructor(tokens: number, fail: (token: number, error: ErrorCode) => void) {
    this.#waits = new Array<boolean>(tokens).fill(false);
    this.#fail = fail;
  }

  get isPending(): boolean {
    return this.#pending > 0;
  }

  /** Waits for the batch that ends at `lastOffset`: for stable storage (acks=all), or for the operating system (acks=1). */
  add(partition: Partition, lastOffset: number, waitsFor: { acks: number; token: number }): void {
    const { acks, token } = waitsFor;
    const waits =
      acks === 1
        ? partition.waitUntilWritten(lastOffset, this, token)
        : partition.waitUntilCommitted(lastOffset, this, token);
    if (!waits) return;
    this.#waits[token] = true;
    this.#pending += 1;
  }

  settle(token: number, fault: PartitionFault | undefined): void {
    if (this.#waits[token] !== true) return;
    this.#waits[token] = false;
    this.#pending -= 1;
    if (fault !== undefined) this.#fail(token, errorOfFault(fault.kind));
    if (this.#pending === 0) this.#finish();
  }

  /** Resolves when nothing is pending; what is after `timeoutMs` fails with REQUEST_TIMED_OUT. To be called once, while pending. */
  whenSettled(timers: Timers, timeoutMs: number): Promise<void> {
    this.#timer = timers.after(Math.max(timeoutMs, limits.produceTimeoutMinMs), () => this.#timeOut());
    return new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  #timeOut(): void {
    for (const [token, waits] of this.#waits.entries()) if (waits) this.#fail(token, ErrorCode.REQUEST_TIMED_OUT);
    this.#waits.length = 0;
    this.#pending = 0;
    this.#finish();
  }

  #finish(): void {
    this.#timer?.cancel();
    this.#resolve?.();
  }
}
