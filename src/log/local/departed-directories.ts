/**
 * Log directories that have lost their names: removed ones, whose files go in the background, and strays, which only the operator takes away. Whether a log may go is the
 * engine's business.
 */
import type { Env } from '../../base/env.ts';
import type { Lifecycle } from '../../base/lifecycle.ts';
import type { SharedRuns } from '../../base/shared-runs.ts';
import type { LogId } from '../log-engine.ts';
import type { Checkpoints } from './checkpoints.ts';
import {
  directoryName,
  isRemovedDirectory,
  isStrayDirectory,
  removedDirectoryName,
  strayDirectoryName,
  uniquePart,
} from './file-names.ts';

export interface DepartedDirectoriesOptions {
  readonly env: Env;
  readonly root: string;
  readonly lifecycle: Lifecycle;
  readonly checkpoints: Checkpoints;
  readonly rootSyncs: SharedRuns;
  /** No directory has this name any more; that it is so is not durable yet. */
  readonly onDeparted: (name: string) => void;
}

export class DepartedDirectories {
  readonly #options: DepartedDirectoriesOptions;

  constructor(options: DepartedDirectoriesOptions) {
    this.#options = options;
  }

  /** Deals with what earlier processes have left. */
  found(names: readonly string[]): void {
    for (const name of names.filter(isRemovedDirectory)) this.removeTree(name);
    this.#tellStrays(names.filter(isStrayDirectory));
  }

  /** The directory's files go after it has resolved. */
  async remove(id: LogId): Promise<void> {
    const removed = removedDirectoryName(id, uniquePart(this.#options.env.random));
    await this.#rename(directoryName(id), removed);
    this.removeTree(removed);
  }

  /** Its records are not served, and not destroyed either. `topicId`: whose it is, as far as it says so. */
  async setAside(id: LogId, topicId: string | undefined): Promise<void> {
    const { env } = this.#options;
    const stray = strayDirectoryName(id, uniquePart(env.random));
    const { topic, partition } = id;
    env.logger.warn({ topic, partition, topicId, stray }, 'a directory of another topic is set aside');
    await this.#rename(directoryName(id), stray);
  }

  removeTree(name: string): void {
    const { env, root, lifecycle } = this.#options;
    lifecycle.run('remove a deleted log', () => env.disk.removeTree(`${root}/${name}`));
  }

  /** The next log of that name has nothing of this one. */
  async #rename(name: string, newName: string): Promise<void> {
    const { env, root, checkpoints, rootSyncs, onDeparted } = this.#options;
    await checkpoints.forget(name);
    await env.disk.rename(`${root}/${name}`, `${root}/${newName}`);
    onDeparted(name);
    await rootSyncs.run();
  }

  /** Nobody but the operator knows whether they may go. Apache Kafka says so at each start, too. */
  #tellStrays(names: readonly string[]): void {
    if (names.length === 0) return;
    const { env, root } = this.#options;
    env.logger.warn({ root, count: names.length, first: names[0] }, 'directories that were set aside are kept');
  }
}
