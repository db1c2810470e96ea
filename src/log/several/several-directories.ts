/**
 * Logs in several data directories, each with a `LocalLogEngine` of its own. Owns which log lives where: a new one goes where somebody wished it, or where
 * `chooseDirectory` says, and stays until somebody has it moved (invariant I23). A directory that fails takes its own logs offline and no others. It reads and writes no log itself.
 *
 * The metadata log lives in a directory of its own choice (`metadata.log.dir`), and what must be remembered beside the logs lives there too.
 */
import type { Env } from '../../base/env.ts';
import { DataDirectoryRefused, DiskFault } from '../../base/faults.ts';
import { Lifecycle } from '../../base/lifecycle.ts';
import type { DirectoryCut } from '../local/backup/log-cut.ts';
import type {
  DirectoryUsage,
  LogEngine,
  LogId,
  LogPlace,
  LogPlacing,
  LogSettings,
  LogUsage,
  PartitionLog,
} from '../log-engine.ts';
import { LogOffline } from '../log-faults.ts';
import { keyOf } from '../log-key.ts';
import { chooseDirectory } from './choose-directory.ts';
import { DirectoryWishes } from './directory-wishes.ts';
import { LogMoves, type MoveHost } from './log-moves.ts';
import { MountedDirectory, type UsableDirectory } from './mounted-directory.ts';
import { PlacementFile } from './placement-file.ts';

export interface SeveralDirectoriesOptions {
  readonly env: Env;
  /** Where logs are placed; at least one. */
  readonly paths: readonly string[];
  /** May be one of `paths`. */
  readonly metadataPath: string;
  readonly isMetadata: (id: LogId) => boolean;
  /** Whether the directory of this path gets new logs only when there is no other. */
  readonly isCordoned: (path: string) => boolean;
  /** See `MountedDirectoryOptions`. */
  readonly open: (path: string, onFault: (fault: Error) => void) => Promise<UsableDirectory>;
}

export class SeveralDirectories implements LogEngine, LogPlacing {
  readonly #env: Env;
  readonly #isMetadata: (id: LogId) => boolean;
  readonly #isCordoned: (path: string) => boolean;
  readonly #lifecycle: Lifecycle;
  /** Where logs are placed, in the order of the setting. */
  readonly #directories: readonly MountedDirectory[];
  readonly #metadata: MountedDirectory;
  readonly #all: readonly MountedDirectory[];
  readonly #moves: LogMoves;
  /** For logs that are not there yet. */
  readonly #wishes = new DirectoryWishes();
  #placement: PlacementFile;
  /** Whether the placement knows the logs of directories that were never open. */
  #knowsAll = true;
  /** Two who ask for one new log get one place. */
  readonly #placing = new Map<string, Promise<MountedDirectory>>();

  private constructor(options: SeveralDirectoriesOptions) {
    const { env, paths, metadataPath } = options;
    this.#env = env;
    this.#isMetadata = options.isMetadata;
    this.#isCordoned = options.isCordoned;
    this.#lifecycle = new Lifecycle(env.logger);
    const mounted = (path: string) =>
      new MountedDirectory({
        env,
        path,
        lifecycle: this.#lifecycle,
        open: (onFault) => options.open(path, onFault),
        onMounted: (directory, usable) => this.#learnLate(directory, usable),
      });
    this.#directories = paths.map(mounted);
    this.#metadata = this.#directories.find(({ path }) => path === metadataPath) ?? mounted(metadataPath);
    this.#all = [...new Set([...this.#directories, this.#metadata])];
    this.#placement = PlacementFile.empty(env.disk, metadataPath);
    this.#moves = new LogMoves({
      env,
      lifecycle: this.#lifecycle,
      placement: () => this.#placement,
      directoryOf: (id) => this.#all.find((candidate) => this.#livesIn(id, candidate)),
      usableById: (id) => this.#usableById(id),
      isOneAway: () => this.#directories.some(({ usable }) => usable === undefined),
    });
  }

  /**
   * Rejects with a DiskFault when no directory can be used, or not that of the metadata; with `DataDirectoryRefused` when a log is in
   * two of them, or with what `open` says of a directory that must not be used. Leaves nothing open then.
   */
  static async start(options: SeveralDirectoriesOptions): Promise<SeveralDirectories> {
    const engine = new SeveralDirectories(options);
    try {
      await engine.#start();
      return engine;
    } catch (error) {
      await engine.close().catch(() => {});
      throw error;
    }
  }

  async #start(): Promise<void> {
    for (const directory of this.#all) await directory.mount();
    if (this.#metadata.fault !== undefined) throw this.#metadata.fault;
    const offline = this.#directories.filter(({ usable }) => usable === undefined);
    if (offline.length === this.#directories.length) throw offline[0]?.fault;
    await this.#learn();
    for (const directory of offline) directory.startOffline();
  }

  /** Compares what is remembered with what is there. */
  async #learn(): Promise<void> {
    const remembered = await PlacementFile.read(this.#env.disk, this.#metadata.path, () =>
      this.#env.logger.error({}, 'the memory of where logs are is damaged: it is made anew from what is found'),
    );
    // One directory without a memory of others has everything.
    if (this.#directories.length === 1 && remembered === undefined) return;
    if (remembered !== undefined) this.#placement = remembered;
    this.#knowsAll = remembered !== undefined;
    const found = new Map<string, MountedDirectory>();
    for (const directory of this.#directories) {
      for (const id of (await directory.usable?.engine.list()) ?? []) {
        if (this.#isMetadata(id)) continue;
        if (directory.usable !== undefined && (await this.#isLeftover(id, directory.usable))) continue;
        const other = found.get(keyOf(id));
        if (other !== undefined) throw duplicate(id, [other.path, directory.path]);
        found.set(keyOf(id), directory);
        this.#remember(id, directory);
      }
    }
    for (const directory of this.#directories) {
      if (directory.usable !== undefined) await this.#learnMoves(directory, directory.usable);
    }
    for (const { usable } of this.#directories) if (usable !== undefined) await this.#removeLeftovers(usable);
    await this.#placement.save();
  }

  /** Of a log that was moved away: what the stop has left of it, or what the journal still has although the directory is gone. */
  async #isLeftover(id: LogId, { engine, directoryId }: UsableDirectory): Promise<boolean> {
    const place = this.#placement.get(id);
    if (place === undefined || place === directoryId) return false;
    if (this.#placement.movedFrom(id) === directoryId) return true;
    if (await engine.transfers.hasDirectory(id)) return false;
    await engine.remove(id);
    return true;
  }

  /** Takes up the moves that a stop has interrupted. */
  async #learnMoves(directory: MountedDirectory, usable: UsableDirectory): Promise<void> {
    for (const future of await usable.engine.transfers.futures()) {
      await this.#moves.found(future, { target: directory, usable, knowsAll: this.#knowsAll });
    }
  }

  /** Of logs that were moved away from a directory, or into it. */
  async #removeLeftovers(usable: UsableDirectory): Promise<void> {
    const byId = (id = '') => (id === usable.directoryId ? usable : this.#usableById(id));
    for (const id of await usable.engine.list()) {
      const [from, target] = [byId(this.#placement.movedFrom(id)), byId(this.#placement.get(id))];
      if (from !== undefined && target !== undefined) await this.#moves.removeOld(id, { from, target });
    }
  }

  #usableById(id: string): UsableDirectory | undefined {
    return this.#directories.find(({ directoryId }) => directoryId === id)?.usable;
  }

  /** Logs are where they are found: somebody may have moved one while the broker was down. */
  #remember(id: LogId, { path, directoryId }: MountedDirectory): void {
    const before = this.#placement.get(id);
    if (before === directoryId || directoryId === undefined) return;
    if (before !== undefined) {
      this.#env.logger.warn({ log: id, directory: path }, 'a log is in another data directory than before');
    }
    this.#placement.set(id, directoryId);
  }

  /** A directory that was offline has come. What others serve meanwhile they go on serving. */
  async #learnLate(directory: MountedDirectory, usable: UsableDirectory): Promise<void> {
    const { path } = directory;
    const { engine, directoryId } = usable;
    for (const id of await engine.list()) {
      const before = this.#placement.get(id);
      if (this.#isMetadata(id) || before === directoryId || (await this.#isLeftover(id, usable))) continue;
      if (before === undefined) this.#placement.set(id, directoryId);
      else this.#env.logger.error({ log: id, directory: path }, 'a second copy of a log has come and is not used');
    }
    await this.#learnMoves(directory, usable);
    await this.#removeLeftovers(usable);
    await this.#placement.save();
  }

  get placing(): LogPlacing {
    return this;
  }

  /** From now on logs are moved where that was wished. */
  startMoves(host: MoveHost): void {
    this.#moves.start(host);
  }

  /** See `LogPlacing`. */
  placeAt(path: string): LogPlace | undefined {
    const directory = this.#directories.find((candidate) => candidate.path === path);
    if (directory === undefined) return undefined;
    return {
      isOffline: directory.usable === undefined,
      prefer: (id) => {
        if (this.#directories.length > 1) this.#wishes.set(id, path);
      },
      move: (id) => {
        this.#wishes.take(id);
        return this.#moves.wish(id, this.#livesIn(id, directory) ? undefined : directory);
      },
    };
  }

  async open(id: LogId, settings: LogSettings): Promise<PartitionLog> {
    await this.#moves.settle(id);
    const directory = await this.#directoryOf(id);
    const engine = directory.engine;
    try {
      const log = await engine.open(id, settings);
      if (directory.usable?.engine === engine) {
        this.#moves.opened(id);
        return log;
      }
      await log.close().catch(() => {});
      throw new LogOffline(`the data directory ${directory.path} went offline`, { cause: directory.fault });
    } catch (error) {
      if (error instanceof DiskFault) directory.noteFault(error);
      throw error;
    }
  }

  /** Where the log lives, or will live from now on. Throws LogOffline when that cannot be told. */
  #directoryOf(id: LogId): MountedDirectory | Promise<MountedDirectory> {
    const known = this.#known(id);
    if (known !== undefined) return known;
    const key = keyOf(id);
    const placing = this.#placing.get(key) ?? this.#place(id).finally(() => this.#placing.delete(key));
    this.#placing.set(key, placing);
    return placing;
  }

  #known(id: LogId): MountedDirectory | undefined {
    if (this.#isMetadata(id)) return this.#metadata;
    const directoryId = this.#placement.get(id);
    if (directoryId === undefined) return this.#directories.length === 1 ? this.#directories[0] : undefined;
    const directory = this.#directories.find((candidate) => candidate.directoryId === directoryId);
    // It was never open since the start, or is not among log.dirs any more. Its logs are missed, and never made anew elsewhere (invariant I23).
    if (directory === undefined) throw new LogOffline(`the data directory with the id ${directoryId} is not here`);
    return directory;
  }

  async #place(id: LogId): Promise<MountedDirectory> {
    if (!this.#knowsAll && this.#directories.some(({ directoryId }) => directoryId === undefined)) {
      throw new LogOffline('the log may be in a data directory that could not be looked into yet');
    }
    const wished = this.#wishes.take(id);
    const usable = this.#directories.filter((directory) => directory.usable !== undefined);
    const open = usable.filter(({ path }) => !this.#isCordoned(path));
    // As in Apache Kafka: whoever has chosen this broker for a partition gets it also when all directories are cordoned.
    const wishedFor = usable.filter(({ path }) => path === wished);
    const candidates = wishedFor.length > 0 ? wishedFor : open.length > 0 ? open : usable;
    const spaces = await Promise.all(candidates.map((directory) => this.#usableSpace(directory)));
    // Counted in the turn in which it is chosen: other logs are placed meanwhile.
    const chosen = chooseDirectory(
      spaces.map((space) => ({ ...space, logs: this.#placement.countIn(space.directoryId) })),
    );
    if (chosen === undefined) throw new LogOffline('no data directory can be used');
    this.#placement.set(id, chosen.directoryId);
    try {
      await this.#placement.save();
    } catch (error) {
      this.#placement.delete(id);
      throw error;
    }
    return chosen.directory;
  }

  async #usableSpace(directory: MountedDirectory) {
    const { usableBytes } = await this.#env.disk.space(directory.path);
    return { directory, directoryId: directory.directoryId ?? '', usableBytes };
  }

  async list(): Promise<readonly LogId[]> {
    const { found, moved } = await this.#moves.watching(() => this.#listAll());
    return [...new Map([...found, ...moved.map(({ id }) => id)].map((id) => [keyOf(id), id])).values()];
  }

  async #listAll(): Promise<readonly LogId[]> {
    const lists = await Promise.all(
      this.#all.map(async (directory) => {
        const logs = (await this.#ask(directory, (engine) => engine.list())) ?? [];
        return logs.filter((id) => this.#livesIn(id, directory));
      }),
    );
    return lists.flat();
  }

  /** A copy that came late is nobody's. */
  #livesIn(id: LogId, directory: MountedDirectory): boolean {
    if (this.#isMetadata(id)) return directory === this.#metadata;
    const directoryId = this.#placement.get(id);
    if (directoryId !== undefined) return directoryId === directory.directoryId;
    return this.#directories.length === 1 && directory === this.#directories[0];
  }

  /** What lies in a directory that is offline is removed when it is back and nobody knows it any more. */
  remove(id: LogId): Promise<void> {
    return this.#forget(id, (engine) => engine.remove(id));
  }

  setAside(id: LogId): Promise<void> {
    return this.#forget(id, (engine) => engine.setAside(id));
  }

  async #forget(id: LogId, remove: (engine: UsableDirectory['engine']) => Promise<void>): Promise<void> {
    await this.#moves.giveUp(id);
    const directory = this.#all.find((candidate) => this.#livesIn(id, candidate));
    if (directory?.usable === undefined) return;
    await remove(directory.usable.engine);
    this.#placement.delete(id);
  }

  async usage(): Promise<readonly LogUsage[]> {
    return (await this.directories()).flatMap(({ logs }) => logs);
  }

  async directories(): Promise<readonly DirectoryUsage[]> {
    const ask = (directory: MountedDirectory) => this.#ask(directory, (engine) => engine.directories());
    const { found, moved } = await this.#moves.watching(() => Promise.all(this.#directories.map(ask)));
    return this.#directories.map((directory, index): DirectoryUsage => {
      const [usage] = found[index] ?? [];
      const { path } = directory;
      if (usage === undefined) return { path, isOffline: true, totalBytes: -1, usableBytes: -1, logs: [] };
      // In this turn each log is in one directory; what is left of it elsewhere does not count.
      const logs = [...usage.logs, ...moved].filter(({ id }) => this.#livesIn(id, directory));
      return {
        ...usage,
        logs: [...new Map(logs.toReversed().map((log) => [keyOf(log.id), log])).values()],
        futures: this.#moves.usageIn(directory),
      };
    });
  }

  /** Where all open logs stand in this turn; resolves when all of it is in their files. A directory that is offline has none. */
  cut(): Promise<readonly DirectoryCut[]> {
    const cuts = this.#all.map(
      async ({ path, usable }): Promise<readonly DirectoryCut[]> =>
        usable === undefined ? [] : [{ path, directoryId: usable.directoryId, logs: await usable.engine.cut() }],
    );
    return Promise.all(cuts).then((directories) => directories.flat());
  }

  /** Undefined when the directory cannot answer. */
  async #ask<T>(
    directory: MountedDirectory,
    question: (engine: UsableDirectory['engine']) => Promise<T>,
  ): Promise<T | undefined> {
    const engine = directory.usable?.engine;
    if (engine === undefined) return undefined;
    try {
      return await question(engine);
    } catch (error) {
      if (!(error instanceof DiskFault)) throw error;
      directory.noteFault(error);
      return undefined;
    }
  }

  async close(): Promise<void> {
    await this.#lifecycle.stop();
    // What is not saved are removals: without them the file only has rows too many.
    await this.#placement.save().catch(() => {});
    const closed = await Promise.allSettled(this.#all.map((directory) => directory.close()));
    for (const result of closed) if (result.status === 'rejected') throw result.reason;
  }
}

/** Nobody but a person can say which of them is the right one. */
function duplicate({ topic, partition }: LogId, paths: readonly string[]): DataDirectoryRefused {
  return new DataDirectoryRefused(
    `the log ${topic}-${partition} is in ${paths.join(' and in ')}; set one of the two aside`,
  );
}
