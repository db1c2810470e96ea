/**
 * Makes a backup of a broker's data directories, of all of them as of one moment, whether the broker runs or not. Owns the order: the mark in the target,
 * the cut, the logs, the metadata, the manifest. Writes nothing into the data directories but the request for the cut.
 */
import type { Disk, DiskLock } from '../../../base/env.ts';
import { DataDirectoryRefused } from '../../../base/faults.ts';
import { limits } from '../../../base/limits.ts';
import { Slots } from '../../../base/slots.ts';
import type { CheckWorld } from '../check/check-world.ts';
import { directoryName, LOCK } from '../file-names.ts';
import { type MetaProperties, readMetaProperties } from '../meta-properties.ts';
import { copyLog, isIn, type LogCopy, type LogToCopy } from './copy-log.ts';
import { copyMetadata } from './copy-metadata.ts';
import { askForCut, BrokerGone } from './cut-request.ts';
import type { LogCut } from './log-cut.ts';
import { type BackupManifest, type CopiedLog, writeManifest } from './manifest.ts';
import { cutOfStopped } from './stopped-cut.ts';
import { beginTargets, finishTarget, refuseBackupAsData } from './target-directory.ts';

/** How often everything is copied anew because compaction, or a move to another directory, was faster. */
const ATTEMPTS = 3;

export interface BackupOptions {
  readonly world: CheckWorld;
  /** All data directories of the broker. */
  readonly roots: readonly string[];
  readonly target: string;
  /** The topic of the metadata log. */
  readonly metadataTopic: string;
  readonly now: () => number;
  /** Never the same twice. */
  readonly newId: () => string;
}

/** Throws DataDirectoryRefused, NoCutAnswer, BrokerGone or a DiskFault; the target is then marked as incomplete. */
export async function backUp(options: BackupOptions): Promise<BackupManifest> {
  const { disk } = options.world;
  const { target } = options;
  const directories = await readDirectories(options);
  await beginTargets(disk, [target]);
  try {
    return await fillTarget(options, directories);
  } catch (error) {
    if (!(error instanceof BrokerGone)) throw error;
    // One that has stopped is backed up from its files, one that was killed is refused.
    return fillTarget(options, directories);
  }
}

async function fillTarget(options: BackupOptions, directories: readonly DataDirectory[]): Promise<BackupManifest> {
  const { disk } = options.world;
  const { target } = options;
  const locks = await lockAll(options);
  try {
    const manifest = await copyAll(options, directories, locks.length === options.roots.length);
    await writeManifest(disk, target, manifest);
    await finishTarget(disk, target);
    return manifest;
  } finally {
    for (const lock of locks) await lock.release();
  }
}

interface DataDirectory {
  readonly root: string;
  readonly meta: MetaProperties;
}

async function readDirectories({ world, roots }: BackupOptions): Promise<readonly DataDirectory[]> {
  const directories: DataDirectory[] = [];
  for (const root of roots) {
    await refuseBackupAsData(world.disk, root);
    const meta = await readMetaProperties(world.disk, root);
    if (meta === undefined) throw new DataDirectoryRefused(`${root} is no data directory: it has no meta.properties`);
    directories.push({ root, meta });
  }
  return directories;
}

/** The locks of directories that no broker has. None as soon as a broker has one of them. */
async function lockAll({ world, roots }: BackupOptions): Promise<readonly DiskLock[]> {
  const locks: DiskLock[] = [];
  for (const root of roots) {
    const lock = await world.disk.lock(`${root}/${LOCK}`);
    if (lock !== undefined) {
      locks.push(lock);
      continue;
    }
    for (const taken of locks) await taken.release();
    return [];
  }
  return locks;
}

async function copyAll(
  options: BackupOptions,
  directories: readonly DataDirectory[],
  isStopped: boolean,
): Promise<BackupManifest> {
  const { disk } = options.world;
  let changed = '';
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const cutMs = options.now();
    const cuts = isStopped ? await cutStopped(disk, directories) : await cutRunning(options, directories);
    const metadata = cuts.find(({ cut }) => cut.topic === options.metadataTopic);
    if (metadata === undefined) throw withoutMetadata(options);
    const others = cuts.filter((other) => other !== metadata);
    const copies = await copyLogs(options, others);
    if (copies.kind === 'changed') {
      changed = directoryName(copies.cut);
      continue;
    }
    const { cut, directory } = metadata;
    const copied = await copyMetadata({ disk, cut, root: directory.root, target: options.target });
    if (copied === undefined) {
      throw new DataDirectoryRefused('the metadata log is damaged, or changes all the time; see: ottla log check');
    }
    return { meta: directory.meta, cutMs, logs: [...copies.logs, copied] };
  }
  throw new DataDirectoryRefused(
    `${changed} could not be copied as it was: it is damaged (see: ottla log check), or compaction or a move is faster; ` +
      'make the backup on the volume of the data, where it takes no time, and copy it from there',
  );
}

interface PlacedCut {
  readonly directory: DataDirectory;
  readonly cut: LogCut;
}

async function cutStopped(disk: Disk, directories: readonly DataDirectory[]): Promise<readonly PlacedCut[]> {
  const cuts: PlacedCut[] = [];
  for (const directory of directories) {
    for (const cut of await cutOfStopped(disk, directory.root)) cuts.push({ directory, cut });
  }
  return cuts;
}

async function cutRunning(
  options: BackupOptions,
  directories: readonly DataDirectory[],
): Promise<readonly PlacedCut[]> {
  const asked = await metadataDirectory(options, directories);
  const answer = await askForCut(options.world, asked.root, options.newId());
  if (answer.kind === 'refused') throw new DataDirectoryRefused(answer.reason);
  return answer.directories.flatMap(({ directoryId, path, logs }) => {
    const directory = directories.find(({ meta }) => meta.directoryId === directoryId);
    if (directory === undefined) {
      throw new DataDirectoryRefused(`the broker also has the data directory ${path}; name all of them`);
    }
    return logs.map((cut) => ({ directory, cut }));
  });
}

async function metadataDirectory(
  options: BackupOptions,
  directories: readonly DataDirectory[],
): Promise<DataDirectory> {
  const name = directoryName({ topic: options.metadataTopic, partition: 0 });
  for (const directory of directories) {
    if ((await options.world.disk.stat(`${directory.root}/${name}`)) !== undefined) return directory;
  }
  throw withoutMetadata(options);
}

function withoutMetadata({ roots }: BackupOptions): DataDirectoryRefused {
  return new DataDirectoryRefused(
    `the metadata log is not in ${roots.join(', ')}; name all data directories of the broker`,
  );
}

type LogCopies =
  | { readonly kind: 'copied'; readonly logs: readonly CopiedLog[] }
  /** This one is not to be had any more as it was at the cut, and nothing is left of the others either. */
  | { readonly kind: 'changed'; readonly cut: LogCut };

async function copyLogs(
  { world: { disk }, roots, target }: BackupOptions,
  cuts: readonly PlacedCut[],
): Promise<LogCopies> {
  // Those that are compacted first: their old files go after `file.delete.delay.ms`.
  const ordered = cuts.toSorted((one, other) => (other.cut.cleanOffset ?? 0) - (one.cut.cleanOffset ?? 0));
  const copying = ordered.map(
    ({ directory: { root }, cut }) =>
      () =>
        copyOrMissed({ disk, cut, root, target }, roots),
  );
  const copies = await new Slots(limits.logsChecked).all(copying);
  const changed = ordered[copies.findIndex(({ kind }) => kind === 'changed')];
  if (changed !== undefined) {
    for (const { cut } of cuts) await disk.removeTree(`${target}/${directoryName(cut)}`);
    return { kind: 'changed', cut: changed.cut };
  }
  return { kind: 'copied', logs: copies.flatMap((copy) => (copy.kind === 'copied' ? [copy.log] : [])) };
}

/** A log that was moved to another directory is not deleted: it is where the next cut will say. Nor is one whose data directory is not there any more. */
async function copyOrMissed(copy: LogToCopy, roots: readonly string[]): Promise<LogCopy> {
  const result = await copyLog(copy);
  if (result.kind !== 'deleted') return result;
  if ((await readMetaProperties(copy.disk, copy.root)) === undefined) {
    throw new DataDirectoryRefused(`the data directory ${copy.root} went away while it was copied`);
  }
  for (const root of roots) if (await isIn({ ...copy, root })) return { kind: 'changed' };
  return result;
}
