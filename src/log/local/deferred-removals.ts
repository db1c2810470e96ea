/**
 * Files on their way out. A segment's files are first renamed, so that a crash leaves nothing that could be taken for a part of the log, and
 * removed some time later (`file.delete.delay.ms`) or at the stop, whichever comes first.
 */
import type { Disk, Timer, Timers } from '../../base/env.ts';
import { DiskFault } from '../../base/faults.ts';
import type { Lifecycle } from '../../base/lifecycle.ts';
import { Turns } from '../../base/turns.ts';
import { DELETED, fileName, LOG, OFFSET_INDEX, TIME_INDEX, TRANSACTION_INDEX } from './file-names.ts';
import type { Segment } from './segment.ts';

const SUFFIXES = [LOG, OFFSET_INDEX, TIME_INDEX, TRANSACTION_INDEX] as const;

interface Waiting {
  readonly segments: readonly Segment[];
  readonly paths: readonly string[];
  readonly timer: Timer;
}

export class DeferredRemovals {
  readonly #disk: Disk;
  readonly #timers: Timers;
  readonly #lifecycle: Lifecycle;
  readonly #waiting = new Set<Waiting>();
  readonly #renames = new Turns();

  constructor(options: { disk: Disk; timers: Timers; lifecycle: Lifecycle }) {
    this.#disk = options.disk;
    this.#timers = options.timers;
    this.#lifecycle = options.lifecycle;
  }

  /** The segments are below the log's durable start. Reads of them that are under way go on. */
  add(directory: string, segments: readonly Segment[], delayMs: number): void {
    this.#lifecycle.run('take files out of a log', () =>
      this.#renames.take(() => this.#rename(directory, segments, delayMs)),
    );
  }

  /** The files are renamed already. */
  addRenamed(segments: readonly Segment[], paths: readonly string[], delayMs: number): void {
    const timer = this.#timers.after(delayMs, () => {
      if (!this.#lifecycle.stopped) this.#lifecycle.run('remove deleted files', () => this.#remove(waiting));
    });
    const waiting: Waiting = { segments, paths, timer };
    this.#waiting.add(waiting);
  }

  /** Removes at once what is still waiting. To be called when nobody reads any more. */
  async finish(): Promise<void> {
    await this.#renames.take(async () => {});
    for (const waiting of this.#waiting) {
      waiting.timer.cancel();
      await this.#remove(waiting);
    }
  }

  /** What could not be renamed is below the log's start, and is tried again at the next opening. */
  async #rename(directory: string, segments: readonly Segment[], delayMs: number): Promise<void> {
    const paths: string[] = [];
    for (const segment of segments) {
      for (const suffix of SUFFIXES) {
        const path = `${directory}/${fileName(segment.baseOffset, suffix)}`;
        if (!(await this.#renameOne(path))) continue;
        paths.push(path + DELETED);
        if (suffix === LOG) segment.log.path = path + DELETED;
      }
    }
    this.addRenamed(segments, paths, delayMs);
  }

  async #renameOne(path: string): Promise<boolean> {
    try {
      await this.#disk.rename(path, path + DELETED);
      return true;
    } catch (error) {
      if (error instanceof DiskFault) return false;
      throw error;
    }
  }

  async #remove(waiting: Waiting): Promise<void> {
    this.#waiting.delete(waiting);
    for (const segment of waiting.segments) await segment.close();
    for (const path of waiting.paths) await this.#disk.remove(path);
  }
}
