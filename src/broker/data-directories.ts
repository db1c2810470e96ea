/**
 * All data directories of a broker as one store: that they belong to one node of one cluster and are not copies of each other is checked here, at the
 * start and whenever one comes back. Where logs live in them, and which of them work, is the engine's business.
 */
import type { Env } from '../base/env.ts';
import { DataDirectoryRefused } from '../base/faults.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import { isCordoned } from '../config/log-directories.ts';
import { readMetaProperties } from '../log/local/meta-properties.ts';
import type { LogEngine } from '../log/log-engine.ts';
import type { UsableDirectory } from '../log/several/mounted-directory.ts';
import { SeveralDirectories } from '../log/several/several-directories.ts';
import { metadataLogId } from '../metadata/engine-metadata-log.ts';
import { BackupCuts } from './backup-cuts.ts';
import { type DataDirectory, openDataDirectory } from './data-directory.ts';
import { MoveThrottle } from './move-throttle.ts';
import type { PartitionDirectory } from './partition-directory.ts';

export interface DataDirectoriesOptions {
  readonly env: Env;
  readonly config: BrokerConfig;
  /** `log.dirs`; the first has the metadata log unless `metadata.log.dir` says otherwise. */
  readonly paths: readonly [string, ...string[]];
}

export interface DataDirectories {
  readonly engine: LogEngine;
  /** Undefined when no directory was ever used. */
  readonly clusterId: string | undefined;
  /** Writes down whose the directories are; one that comes later is claimed when it comes. */
  claim(clusterId: string): Promise<void>;
  /** From now on logs are moved to other directories where that was wished. The broker is open. */
  moveLogs(partitions: PartitionDirectory): void;
  /** From now on, processes that make a backup are told where the logs stand. The broker is open, and stays open until this was stopped. */
  answerBackups(partitions: PartitionDirectory): { stop(): Promise<void> };
  close(): Promise<void>;
}

/** Rejects with what `openDataDirectory` or `SeveralDirectories.start` reject with, and leaves nothing open then. */
export async function openDataDirectories(options: DataDirectoriesOptions): Promise<DataDirectories> {
  const { env, config, paths } = options;
  const family = new Family();
  const metadataPath = config.get('metadata.log.dir') ?? paths[0];
  const engine = await SeveralDirectories.start({
    env,
    paths,
    metadataPath,
    isMetadata: ({ topicId }) => topicId === metadataLogId.topicId,
    isCordoned: (path) => isCordoned(config, path),
    open: async (path, onFault) => {
      await family.recognise(env.disk, path);
      return family.welcome(await openDataDirectory({ env, config, path, onFault }));
    },
  });
  return {
    engine,
    clusterId: family.clusterId,
    claim: (clusterId) => family.claim(clusterId),
    moveLogs(partitions) {
      const throttle = new MoveThrottle({ env, config });
      engine.startMoves({
        pace: (bytes, signal) => throttle.take(bytes, signal),
        reopen: (id) => partitions.reopen(id),
      });
    },
    answerBackups: (partitions) => new BackupCuts({ env, root: metadataPath, engine, partitions }),
    close: () => engine.close(),
  };
}

/** The directories that are open: they have one cluster id and an id of their own each. */
class Family {
  /** By path. */
  readonly #open = new Map<string, DataDirectory>();
  /** Ids of directories that were open once, by path. */
  readonly #seen = new Map<string, string>();
  #clusterId: string | undefined;
  #isClaimed = false;

  get clusterId(): string | undefined {
    return this.#clusterId;
  }

  /** Before anything is made or changed at `path`: one that was open once may be away, and then there is nothing, or the empty directory below a disk that is not mounted. */
  async recognise(disk: Env['disk'], path: string): Promise<void> {
    if (this.#seen.has(path)) this.#refuseOther(path, (await readMetaProperties(disk, path))?.directoryId);
  }

  /** Closes the directory again when it does not belong to the others. */
  async welcome(directory: DataDirectory): Promise<UsableDirectory> {
    try {
      this.#refuseStranger(directory);
      this.#clusterId ??= directory.clusterId;
      if (this.#isClaimed && this.#clusterId !== undefined) await directory.claim(this.#clusterId);
    } catch (error) {
      await directory.close().catch(() => {});
      throw error;
    }
    const { path, engine, directoryId, isThere } = directory;
    this.#open.set(path, directory);
    this.#seen.set(path, directoryId);
    const close = async () => {
      this.#open.delete(path);
      await directory.close();
    };
    return { engine, directoryId, isThere, close };
  }

  async claim(clusterId: string): Promise<void> {
    this.#clusterId = clusterId;
    this.#isClaimed = true;
    for (const directory of this.#open.values()) await directory.claim(clusterId);
  }

  #refuseStranger({ path, clusterId, directoryId }: DataDirectory): void {
    if (clusterId !== undefined && this.#clusterId !== undefined && clusterId !== this.#clusterId) {
      throw new DataDirectoryRefused(
        `the data directory ${path} belongs to the cluster ${clusterId}, and others to ${this.#clusterId}`,
      );
    }
    this.#refuseOther(path, directoryId);
    for (const other of this.#open.values()) {
      if (other.directoryId !== directoryId) continue;
      throw new DataDirectoryRefused(
        `the data directories ${other.path} and ${path} have one directory.id: one is a copy`,
      );
    }
  }

  #refuseOther(path: string, directoryId: string | undefined): void {
    const before = this.#seen.get(path);
    if (before === undefined || before === directoryId) return;
    throw new DataDirectoryRefused(
      `the data directory ${path} is not the one that it was: its directory.id was ${before}`,
    );
  }
}
