/**
 * What one data directory has to do with moves of logs between directories: lets a log be copied, and takes one in. Owns nothing of its own; who moves what, and when, others
 * decide.
 */
import { assert } from '../../../base/assert.ts';
import type { Env } from '../../../base/env.ts';
import type { LogId } from '../../log-engine.ts';
import type { Checkpoints } from '../checkpoints.ts';
import type { DepartedDirectories } from '../departed-directories.ts';
import { directoryName, parseFutureDirectoryName, uniquePart } from '../file-names.ts';
import type { Journal } from '../journal/journal.ts';
import type { KnownLogs } from '../known-logs.ts';
import type { LogState } from '../log-state.ts';
import { type CopySource, FutureLog } from './future-log.ts';

/** A log that was closed in order, as another data directory takes it over. */
export interface ClosedLog {
  /** Its directory. */
  readonly path: string;
  readonly state: LogState;
  /** Undefined: no compaction has begun in it. */
  readonly cleanOffset: number | undefined;
}

export interface LogTransfersOptions {
  readonly env: Env;
  readonly root: string;
  readonly known: KnownLogs;
  readonly checkpoints: Checkpoints;
  readonly departed: DepartedDirectories;
  readonly journal: Journal;
}

export class LogTransfers {
  readonly #env: Env;
  readonly #root: string;
  readonly #known: KnownLogs;
  readonly #checkpoints: Checkpoints;
  readonly #departed: DepartedDirectories;
  readonly #journal: Journal;

  constructor(options: LogTransfersOptions) {
    this.#env = options.env;
    this.#root = options.root;
    this.#known = options.known;
    this.#checkpoints = options.checkpoints;
    this.#departed = options.departed;
    this.#journal = options.journal;
  }

  /** Whether the log has a directory here; without one the journal may have something of it. */
  async hasDirectory(id: LogId): Promise<boolean> {
    return (await this.#known.topicIdOf(directoryName(id))) === id.topicId;
  }

  /** An open log, to be copied: from now on its segments only grow or go. Undefined when it is not open. */
  async copySource(id: LogId): Promise<CopySource | undefined> {
    const log = this.#known.openLog(id);
    await log?.holdCompaction();
    if (log === undefined) return undefined;
    return { path: log.directory.path, cut: () => log.cut(), written: () => log.written() };
  }

  /** The log is not copied any more. */
  endCopy(id: LogId): void {
    this.#known.openLog(id)?.releaseCompaction();
  }

  /** Undefined when it is not known without looking into the files. */
  endOffset(id: LogId): number | undefined {
    return this.#known.openLog(id)?.endOffset ?? this.#known.closedState(id)?.segments.at(-1)?.endOffset;
  }

  /** Undefined when the log is open, or was not closed in order. */
  closedLog(id: LogId): ClosedLog | undefined {
    const state = this.#known.closedState(id);
    if (state === undefined) return undefined;
    const name = directoryName(id);
    return { path: `${this.#root}/${name}`, state, cleanOffset: this.#checkpoints.cleanOffset(name) };
  }

  /** A place for a log that is to be moved here. */
  makeFuture(id: LogId): Promise<FutureLog> {
    return FutureLog.make({ disk: this.#env.disk, root: this.#root, id, unique: uniquePart(this.#env.random) });
  }

  /** The logs that were being moved here when the directory was used last. */
  async futures(): Promise<readonly FutureLog[]> {
    const futures: FutureLog[] = [];
    for (const { name, kind } of await this.#env.disk.list(this.#root)) {
      const parsed = kind === 'directory' ? parseFutureDirectoryName(name) : undefined;
      const topicId = parsed === undefined ? undefined : await this.#known.topicIdOf(name);
      if (parsed === undefined) continue;
      // Without its metadata nobody was told of the wish.
      if (topicId === undefined) this.#departed.removeTree(name);
      else futures.push(new FutureLog({ disk: this.#env.disk, root: this.#root, id: { ...parsed, topicId }, name }));
    }
    return futures;
  }

  async discardFuture(future: FutureLog): Promise<void> {
    const name = directoryName(future.id);
    await future.discard();
    if ((await this.#known.topicIdOf(name)) === undefined) await this.#checkpoints.forget(name);
  }

  /** Writes down what has to be known of a log that will be admitted. Durable when it resolves; until then it speaks of a directory that nobody opens. */
  async expect(id: LogId, { state, cleanOffset }: ClosedLog): Promise<void> {
    const name = directoryName(id);
    const topicId = await this.#known.topicIdOf(name);
    if (topicId === undefined) await this.#checkpoints.forget(name);
    else await this.#departed.setAside(id, topicId);
    if (state.startOffset > 0) await this.#checkpoints.saveStart(name, state.startOffset);
    if (cleanOffset !== undefined) await this.#checkpoints.saveCleanOffset(name, cleanOffset);
    this.#checkpoints.setRecoveryPoint(name, state.segments.at(-1)?.endOffset ?? state.startOffset);
    await this.#checkpoints.writeRecoveryPoints();
  }

  /** Makes a complete copy, which was expected, the log of this directory. Durable when it resolves; may be done again. Without `state` it is opened as after a crash. */
  async admit({ id, path }: FutureLog, state: LogState | undefined): Promise<void> {
    const name = directoryName(id);
    assert(!this.#known.isInUse(name), 'a log admitted twice', { id });
    if ((await this.#env.disk.stat(path)) !== undefined) await this.#env.disk.rename(path, `${this.#root}/${name}`);
    await this.#env.disk.syncDirectory(this.#root);
    this.#journal.settled(id, Number.POSITIVE_INFINITY);
    if (state === undefined) this.#known.mistrust(name);
    else this.#known.trust(name, { ...state, epochsSaved: true });
  }
}
