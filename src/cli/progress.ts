/** Tells a person who waits how far a long command is: one line on standard error that is written over, only on a terminal. */
import type { Shell } from '../platform/shell.ts';

const everyMs = 250;
/** What is over sooner needs no progress. */
const firstAfterMs = 1_000;

export class Progress {
  readonly #shell: Shell;
  readonly #verb: string;
  readonly #startMs: number;
  #shownMs: number;
  #isShown = false;
  records = 0;
  bytes = 0;

  /** `verb` says what happens to records: "written". */
  constructor(shell: Shell, verb: string) {
    this.#shell = shell;
    this.#verb = verb;
    this.#startMs = shell.sinceStartMs();
    this.#shownMs = this.#startMs + firstAfterMs - everyMs;
  }

  get elapsedMs(): number {
    return Math.round(this.#shell.sinceStartMs() - this.#startMs);
  }

  add(records: number, bytes: number): void {
    this.records += records;
    this.bytes += bytes;
    const nowMs = this.#shell.sinceStartMs();
    if (!this.#shell.errorIsTerminal || nowMs - this.#shownMs < everyMs) return;
    this.#shownMs = nowMs;
    this.#isShown = true;
    const seconds = Math.max(1, this.elapsedMs) / 1000;
    const rate = Math.round(this.records / seconds);
    const megabytes = (this.bytes / 1_000_000).toFixed(1);
    this.#shell.error(`\r\u001b[K${this.records} records ${this.#verb}, ${megabytes} MB, ${rate} records/s`);
  }

  end(): void {
    if (this.#isShown) this.#shell.error('\r\u001b[K');
  }
}
