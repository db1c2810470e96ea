/**
 * Writes down, regularly and soon after a segment has become complete, from where a crash would have to check each open log. Owns when that happens; the points
 * themselves are the logs', the file is `Checkpoints`'.
 */
import type { Clock, Timer, Timers } from '../../base/env.ts';
import { DiskFault } from '../../base/faults.ts';
import type { Lifecycle } from '../../base/lifecycle.ts';
import type { Checkpoints } from './checkpoints.ts';

/** Its neighbours may be just about to become complete, too. */
const SOON_MS = 1_000;

export interface RecoverableLog {
  readonly recoveryPoint: number;
  /** Rejects with a DiskFault. */
  saveEpochs(): Promise<void>;
}

export interface RecoveryPointsOptions {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly lifecycle: Lifecycle;
  readonly checkpoints: Checkpoints;
  /** By directory name, as it is now. */
  readonly logs: ReadonlyMap<string, RecoverableLog>;
  readonly intervalMs: () => number;
  /** Called each time before the points are written. */
  readonly onDue: () => void;
  /** The points could not be written: a crash leaves more to be checked, and nothing is lost. The next time comes. */
  readonly onFault: (fault: DiskFault) => void;
}

export class RecoveryPoints {
  readonly #options: RecoveryPointsOptions;
  #timer: Timer | undefined;
  #dueMs = Number.POSITIVE_INFINITY;
  #isStopped = false;

  constructor(options: RecoveryPointsOptions) {
    this.#options = options;
    this.#arm(options.intervalMs());
  }

  /** A segment is complete. Many of them one after the other do not put it off. */
  soon(): void {
    if (this.#options.clock.monotonicMs() + SOON_MS < this.#dueMs) this.#arm(SOON_MS);
  }

  /** A log whose opening ends later may still say that a segment is complete. */
  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  #arm(delayMs: number): void {
    if (this.#isStopped) return;
    const { clock, timers } = this.#options;
    this.#timer?.cancel();
    this.#dueMs = clock.monotonicMs() + delayMs;
    this.#timer = timers.after(delayMs, () => this.#onDue());
  }

  #onDue(): void {
    const { lifecycle, onDue, intervalMs } = this.#options;
    lifecycle.run('write the recovery points', () => this.#writeOrFault());
    onDue();
    this.#arm(intervalMs());
  }

  async #writeOrFault(): Promise<void> {
    const fault = await faultOf(this.#write());
    if (fault !== undefined) this.#options.onFault(fault);
  }

  /** After a crash, what lies below these points is not checked again. */
  async #write(): Promise<void> {
    const { checkpoints, logs } = this.#options;
    let moved = false;
    let fault: DiskFault | undefined;
    for (const [name, log] of [...logs]) {
      const point = log.recoveryPoint;
      // One that was reached holds for good, although a log that has begun a segment says less for a while: an opening that begins below what the file says cuts
      // indexes for which the file vouches. A log that was closed meanwhile has its point already.
      if (point <= checkpoints.recoveryPoint(name) || logs.get(name) !== log) continue;
      const failed = await faultOf(log.saveEpochs());
      fault ??= failed;
      // What keeps one log from moving on does not keep the others.
      if (failed !== undefined || logs.get(name) !== log) continue;
      checkpoints.setRecoveryPoint(name, point);
      moved = true;
    }
    if (moved) await checkpoints.writeRecoveryPoints();
    if (fault !== undefined) throw fault;
  }
}

async function faultOf(work: Promise<void>): Promise<DiskFault | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (error instanceof DiskFault) return error;
    throw error;
  }
}
