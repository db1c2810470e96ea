/**
 * The journal of a data directory: batches of many logs made durable with one write and one sync, until the logs' own segments are synced (decision
 * 0016). Owns its files: which one is written, which wait for their logs, which are free to be written again. It never says that a log is durable, and
 * never lets go of a file that a log still needs.
 */
import type { Disk, DiskFile, Logger, Timer, Timers } from '../../../base/env.ts';
import type { Lifecycle } from '../../../base/lifecycle.ts';
import { limits } from '../../../base/limits.ts';
import { Slots } from '../../../base/slots.ts';
import type { LogId } from '../../log-engine.ts';
import { keyOf } from '../../log-key.ts';
import { JOURNAL } from '../file-names.ts';
import { JournalFile, type OffsetRange } from './journal-file.ts';
import type { JournalEntry } from './journal-frame.ts';

export interface JournalOptions {
  readonly disk: Disk;
  readonly logger: Logger;
  readonly timers: Timers;
  readonly lifecycle: Lifecycle;
  readonly root: string;
  /** A file that has this many bytes takes no more. */
  readonly fileBytesMax: number;
  /** Syncs the segments of a log, if it is open; the log then says so with `settled`. */
  readonly syncLog: (id: LogId) => Promise<void>;
  /** Rejects with a DiskFault when the data directory is away, and a file would be made in another one. */
  readonly beforeFile: () => Promise<void>;
}

interface EmptyFile {
  readonly path: string;
  readonly file: DiskFile;
}

export class Journal {
  readonly #options: JournalOptions;
  readonly #slots = new Slots(limits.journalLogsSyncing);
  #current: JournalFile | undefined;
  /** Files that are not written any more, with logs that need them, oldest first. */
  readonly #waiting: Set<JournalFile>;
  /** Files up to this generation are an earlier process's, and count against no bound. */
  readonly #inherited: number;
  /** Several processes in a row have left something: the logs are to get rid of it, not to rely on it. */
  readonly #isOverdue: boolean;
  #spare: EmptyFile | undefined;
  #generation: number;
  #ageTimer: Timer | undefined;
  /** Durable by an earlier process's files alone, and to be synced in a while. */
  #restored: LogId[] = [];
  #restoredTimer: Timer | undefined;

  private constructor(options: JournalOptions, found: readonly JournalFile[]) {
    this.#options = options;
    this.#waiting = new Set(found);
    this.#inherited = found.at(-1)?.generation ?? 0;
    this.#isOverdue = found.length > limits.journalFiles + 1;
    this.#generation = this.#inherited;
  }

  /** Finds what an unclean stop has left. Rejects with a DiskFault. */
  static async open(options: JournalOptions): Promise<Journal> {
    const found: JournalFile[] = [];
    for (const path of await journalPaths(options.disk, options.root)) {
      const file = await JournalFile.find({ disk: options.disk, logger: options.logger, path });
      if (file === undefined) await options.disk.remove(path);
      else found.push(file);
    }
    return new Journal(
      options,
      found.sort((one, other) => one.generation - other.generation),
    );
  }

  /** In the order of their generations. */
  get #files(): readonly JournalFile[] {
    return this.#current === undefined ? [...this.#waiting] : [...this.#waiting, this.#current];
  }

  /** False when too many files wait for their logs: what comes now has to be synced where it is. */
  get hasRoom(): boolean {
    let own = 0;
    for (const { generation } of this.#waiting) if (generation > this.#inherited) own += 1;
    return own < limits.journalFiles;
  }

  /** Everything in `entries` is durable when it resolves. Called again only after that. After a rejection the next call begins another file. */
  async append(entries: readonly JournalEntry[]): Promise<void> {
    const file = this.#current ?? (await this.#begin());
    file.writing = true;
    try {
      await file.append(entries);
      if (file.bytes >= this.#options.fileBytesMax) this.#retire(file);
    } catch (error) {
      this.#retire(file);
      throw error;
    } finally {
      file.writing = false;
      this.#releaseIfDone(file);
    }
  }

  async #begin(): Promise<JournalFile> {
    const empty = this.#spare ?? (await this.#create());
    this.#spare = undefined;
    this.#generation += 1;
    const file = new JournalFile({ ...empty, generation: this.#generation });
    this.#current = file;
    this.#ageTimer = this.#options.timers.after(limits.journalAgeMs, () => this.#retire(file));
    return file;
  }

  /** A new file, whose name is durable. */
  async #create(): Promise<EmptyFile> {
    const { disk, root, beforeFile } = this.#options;
    await beforeFile();
    const path = `${root}/${JOURNAL}${this.#generation + 1}`;
    const file = await disk.open(path, 'create');
    try {
      await disk.syncDirectory(root);
    } catch (error) {
      await file.close();
      throw error;
    }
    return { path, file };
  }

  /** Nothing more goes into the file; its logs are synced in the background, so that it can go. */
  #retire(file: JournalFile): void {
    if (this.#current !== file) return;
    this.#current = undefined;
    this.#ageTimer?.cancel();
    file.isComplete = true;
    this.#waiting.add(file);
    this.#releaseIfDone(file);
    const { lifecycle } = this.#options;
    const logs = Array.from(file.logs.values(), ({ id }) => id);
    if (!lifecycle.stopped) lifecycle.run('sync what the journal has', () => this.#syncLogs(logs));
  }

  async #syncLogs(logs: readonly LogId[]): Promise<void> {
    const { syncLog, timers } = this.#options;
    // First the logs of the last frame are told what has become of it.
    await new Promise<void>((resolve) => timers.soon(resolve));
    // A log that cannot be synced fails by itself, and the file stays until it is recovered.
    await Promise.allSettled(logs.map((id) => this.#slots.run(() => syncLog(id))));
  }

  /**
   * What an earlier process's files have of a log, without a gap up to its end; it is on stable storage when it resolves. Undefined when newer files have something
   * of it as well: a frame that failed, or that is on its way, looks like any other.
   */
  async vouchedFor(id: LogId): Promise<OffsetRange | undefined> {
    if (this.#isOverdue) return undefined;
    const key = keyOf(id);
    let found: OffsetRange | undefined;
    for (const file of this.#files) {
      if (!file.logs.has(key)) continue;
      if (file.generation > this.#inherited || !(await this.#makeDurable(file))) return undefined;
      for (const range of await file.rangesOf(key)) {
        found = found === undefined ? range : joined(found, range);
      }
    }
    return found;
  }

  async #makeDurable(file: JournalFile): Promise<boolean> {
    file.writing = true;
    try {
      return await file.makeDurable();
    } finally {
      file.writing = false;
      this.#releaseIfDone(file);
    }
  }

  /** The log has again what an earlier process's files have of it, and is durable by them alone: it is synced in the background, as if the file had just been filled. */
  settleLater(id: LogId): void {
    const { timers, lifecycle } = this.#options;
    this.#restored.push(id);
    this.#restoredTimer ??= timers.after(limits.journalAgeMs, () => {
      const logs = this.#restored;
      this.#restored = [];
      this.#restoredTimer = undefined;
      if (!lifecycle.stopped) lifecycle.run('sync what an earlier journal has', () => this.#syncLogs(logs));
    });
  }

  /** The log's own segments are synced below `offset`, or it is gone (infinity). */
  settled(id: LogId, offset: number): void {
    const key = keyOf(id);
    for (const file of this.#files) {
      file.settle(key, offset);
      this.#releaseIfDone(file);
    }
  }

  /** The only way in which a file goes (invariant I20). */
  #releaseIfDone(file: JournalFile): void {
    if (file.logs.size > 0 || file.writing || this.#options.lifecycle.stopped) return;
    if (this.#waiting.delete(file)) this.#options.lifecycle.run('empty a journal file', () => this.#release(file));
  }

  /** Overwriting a file in place makes its syncs cheaper than a growing one's, so one is kept. */
  async #release(file: JournalFile): Promise<void> {
    if (this.#spare === undefined) {
      const empty = await file.free();
      if (this.#spare === undefined) {
        this.#spare = empty;
        return;
      }
    }
    await file.close();
    await this.#options.disk.remove(file.path);
  }

  /** The logs that need the journal. */
  logs(): readonly LogId[] {
    const logs = new Map<string, LogId>();
    for (const file of this.#files) for (const [key, { id }] of file.logs) logs.set(key, id);
    return [...logs.values()];
  }

  needs(id: LogId): boolean {
    const key = keyOf(id);
    return this.#files.some((file) => file.logs.has(key));
  }

  /** Up to where the journal has the log; 0 when it has nothing of it. */
  endOffset(id: LogId): number {
    const key = keyOf(id);
    return Math.max(0, ...this.#files.map((file) => file.logs.get(key)?.endOffset ?? 0));
  }

  /** Runs of whole batches of one log, in the order in which they came, from the one that has `offset` on. */
  async *batchesOf(id: LogId, offset: number): AsyncGenerator<Uint8Array, void, undefined> {
    const key = keyOf(id);
    for (const file of this.#files) if (file.logs.has(key)) yield* file.batchesOf(key, offset);
  }

  /** After the last log was closed. Only what a log still needs stays. */
  async close(): Promise<void> {
    const { disk } = this.#options;
    this.#ageTimer?.cancel();
    this.#restoredTimer?.cancel();
    await this.#spare?.file.close();
    if (this.#spare !== undefined) await disk.remove(this.#spare.path);
    for (const file of this.#files) {
      await file.close();
      if (file.logs.size === 0) await disk.remove(file.path);
    }
  }
}

/** Takes away a journal that is of no use: another program has closed the directory orderly since. Durable when it resolves. */
export async function discardJournal(disk: Disk, root: string): Promise<void> {
  const paths = await journalPaths(disk, root);
  for (const path of paths) await disk.remove(path);
  if (paths.length > 0) await disk.syncDirectory(root);
}

async function journalPaths(disk: Disk, root: string): Promise<readonly string[]> {
  const names = (await disk.list(root)).map(({ name }) => name);
  return names.filter((name) => name.startsWith(JOURNAL)).map((name) => `${root}/${name}`);
}

/** Up to the end of `next`, as far back as there is no gap. */
function joined(before: OffsetRange, next: OffsetRange): OffsetRange {
  if (next.fromOffset > before.endOffset) return next;
  return { fromOffset: before.fromOffset, endOffset: Math.max(before.endOffset, next.endOffset) };
}
