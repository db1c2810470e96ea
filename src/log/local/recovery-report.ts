/**
 * Tells a person who waits how far the recovery of logs has come: together, a line every few seconds, because a crash may leave ten thousand of them. Owns the
 * counts. What is lost, cut or set aside in a single log is told by whoever finds it.
 */
import type { Clock, Logger, Timer, Timers } from '../../base/env.ts';

const INTERVAL_MS = 5_000;

export interface RecoveryReportOptions {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  readonly root: string;
  /** How many logs are not recovered yet. Nobody may ever ask for them. */
  readonly left: () => number;
}

export class RecoveryReport {
  readonly #options: RecoveryReportOptions;
  /** By directory name. */
  readonly #underWay = new Set<string>();
  /** Of this line and the ones before it, back to a pause. */
  #counts = { logs: 0, bytesChecked: 0, recordsReplayed: 0 };
  #beganMs = 0;
  #endedMs = 0;
  #untold = 0;
  #timer: Timer | undefined;
  /** Since the last pause: what comes now waits for its interval. */
  #isTold = false;

  constructor(options: RecoveryReportOptions) {
    this.#options = options;
  }

  begun(name: string): void {
    this.#underWay.add(name);
    if (this.#timer !== undefined) return;
    this.#counts = { logs: 0, bytesChecked: 0, recordsReplayed: 0 };
    this.#beganMs = this.#options.clock.monotonicMs();
    this.#arm();
  }

  /** Of the segments of a log. */
  checked(bytes: number): void {
    this.#counts.bytesChecked += bytes;
  }

  /** From the journal. */
  replayed(records: number): void {
    this.#counts.recordsReplayed += records;
  }

  /** The log is open, or could not be opened. Of no effect when nothing of it was in doubt. */
  ended(name: string, isOpen: boolean): void {
    if (!this.#underWay.delete(name)) return;
    this.#endedMs = this.#options.clock.monotonicMs();
    if (!isOpen) return;
    this.#counts.logs += 1;
    this.#untold += 1;
    // Whoever waits for the last one need not wait for the line.
    if (!this.#isTold && this.#options.left() === 0) this.#tell();
  }

  stop(): void {
    this.#timer?.cancel();
    if (this.#untold > 0) this.#tell();
  }

  #arm(): void {
    this.#timer = this.#options.timers.after(INTERVAL_MS, () => this.#onInterval());
  }

  #onInterval(): void {
    this.#timer = undefined;
    if (this.#underWay.size === 0 && this.#untold === 0) {
      this.#isTold = false;
      return;
    }
    this.#tell();
    this.#arm();
  }

  #tell(): void {
    const { root, logger, left } = this.#options;
    this.#untold = 0;
    this.#isTold = true;
    const isOver = this.#underWay.size === 0;
    const tookMs = Math.round((isOver ? this.#endedMs : this.#options.clock.monotonicMs()) - this.#beganMs);
    const fields = { root, ...this.#counts, left: left(), tookMs };
    logger.info(fields, isOver ? 'logs were recovered' : 'logs are being recovered');
  }
}
