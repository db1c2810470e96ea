/**
 * One of the broker's data directories, as far as it can be used. Owns whether it is: after a fault it is tried with a small file, and one that
 * fails the trial goes offline with all its logs, until it can be opened again from the beginning (lock, identity, logs). One loud line each way.
 *
 * Only what concerns the directory as a whole takes it offline: a full disk and a want of file handles pass by themselves.
 */
import type { Env } from '../../base/env.ts';
import { FaultPause } from '../../base/fault-pause.ts';
import { DiskFault } from '../../base/faults.ts';
import type { Lifecycle } from '../../base/lifecycle.ts';
import type { LocalLogEngine } from '../local/local-engine.ts';
import { LogOffline } from '../log-faults.ts';

const TRIAL_FILE = '.trial.tmp';

/** A directory that is locked, known to be ours, and open. */
export interface UsableDirectory {
  /** Kafka's `directory.id`. */
  readonly directoryId: string;
  readonly engine: LocalLogEngine;
  /** False: it is away, and what is in its place, if anything, is another one. */
  isThere(): Promise<boolean>;
  close(): Promise<void>;
}

export interface MountedDirectoryOptions {
  readonly env: Env;
  readonly path: string;
  readonly lifecycle: Lifecycle;
  /** Rejects with a DiskFault when the directory cannot be used, with something else when it must not be: it is not what it was before, for one. */
  readonly open: (onFault: (fault: Error) => void) => Promise<UsableDirectory>;
  /** It has come back, or has come late: what is in it may be served when this resolves. */
  readonly onMounted: (directory: MountedDirectory, usable: UsableDirectory) => Promise<void>;
}

export class MountedDirectory {
  readonly path: string;
  readonly #options: MountedDirectoryOptions;
  readonly #pause = new FaultPause();
  #usable: UsableDirectory | undefined;
  #directoryId: string | undefined;
  #fault: Error | undefined;
  #isTried = false;

  constructor(options: MountedDirectoryOptions) {
    this.path = options.path;
    this.#options = options;
  }

  /** Undefined as long as it was never open. */
  get directoryId(): string | undefined {
    return this.#directoryId;
  }

  /** Undefined while it is offline. */
  get usable(): UsableDirectory | undefined {
    return this.#usable;
  }

  /** Throws LogOffline while there is none. */
  get engine(): LocalLogEngine {
    if (this.#usable === undefined) {
      throw new LogOffline(`the data directory ${this.path} cannot be used`, { cause: this.#fault });
    }
    return this.#usable.engine;
  }

  /** The first opening. A directory that cannot be used is offline from the start; one that must not be used rejects. */
  async mount(): Promise<void> {
    try {
      const usable = await this.#open();
      this.#usable = usable;
      this.#directoryId = usable.directoryId;
    } catch (error) {
      if (!(error instanceof DiskFault)) throw error;
      this.#fault = error;
    }
  }

  /** Says that it is offline since the start, and goes on trying. */
  startOffline(): void {
    this.#tellOffline();
    this.#retryLater();
  }

  get fault(): Error | undefined {
    return this.#fault;
  }

  /** Something in it has failed. */
  noteFault(fault: Error): void {
    if (this.#isTried || this.#options.lifecycle.stopped || passesByItself(fault)) return;
    this.#isTried = true;
    this.#options.lifecycle.run('try a data directory', async () => {
      try {
        await this.#tryOut();
      } finally {
        this.#isTried = false;
      }
    });
  }

  async close(): Promise<void> {
    const usable = this.#usable;
    this.#usable = undefined;
    await usable?.close();
  }

  #open(): Promise<UsableDirectory> {
    return this.#options.open((fault) => this.noteFault(fault));
  }

  async #tryOut(): Promise<void> {
    const usable = this.#usable;
    if (usable === undefined) return;
    try {
      if (!(await usable.isThere())) throw new DiskFault({ kind: 'absent', operation: 'stat', path: this.path });
      await writeTrialFile(this.#options.env, this.path);
    } catch (error) {
      if (!(error instanceof DiskFault)) throw error;
      if (!passesByItself(error) && this.#usable === usable) await this.#goOffline(usable, error);
    }
  }

  async #goOffline(usable: UsableDirectory, fault: DiskFault): Promise<void> {
    this.#usable = undefined;
    this.#fault = fault;
    this.#tellOffline();
    usable.engine.fail(fault);
    // Whatever it could not write is found out when it is opened again; until then nobody else holds its lock.
    await usable.close().catch(() => {});
    this.#retryLater();
  }

  #tellOffline(): void {
    const fields = { err: this.#fault, directory: this.path };
    this.#options.env.logger.error(fields, 'a data directory cannot be used: its partitions are offline');
  }

  #retryLater(): void {
    const { env, lifecycle } = this.#options;
    const nowMs = env.clock.monotonicMs();
    this.#pause.noteFault(nowMs);
    env.timers.after(this.#pause.leftMs(nowMs), () => {
      if (!lifecycle.stopped) lifecycle.run('open a data directory again', () => this.#retry());
    });
  }

  async #retry(): Promise<void> {
    const { env, lifecycle, onMounted } = this.#options;
    let usable: UsableDirectory | undefined;
    try {
      usable = await this.#open();
      await onMounted(this, usable);
      if (lifecycle.stopped) throw new Error('the broker stops');
    } catch (error) {
      await usable?.close().catch(() => {});
      this.#fault = error instanceof Error ? error : new Error(String(error));
      env.logger.debug({ err: error, directory: this.path }, 'a data directory still cannot be used');
      if (!lifecycle.stopped) this.#retryLater();
      return;
    }
    this.#usable = usable;
    this.#directoryId = usable.directoryId;
    this.#fault = undefined;
    env.logger.warn({ directory: this.path }, 'a data directory works again: its partitions are back');
  }
}

/** A want of room ends when something is deleted, one of file handles when some are closed. */
function passesByItself(fault: Error): boolean {
  return fault instanceof DiskFault && (fault.kind === 'full' || fault.kind === 'too-many-files');
}

async function writeTrialFile({ disk }: Pick<Env, 'disk'>, root: string): Promise<void> {
  const path = `${root}/${TRIAL_FILE}`;
  const file = await disk.open(path, 'create');
  try {
    await file.write([new Uint8Array(512)], 0);
    await file.sync();
  } finally {
    await file.close();
  }
  await disk.remove(path);
}
