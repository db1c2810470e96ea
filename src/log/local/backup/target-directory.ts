/**
 * A directory that a backup or a restore fills: empty at first, marked until it is complete, and then complete as a whole. Owns the mark; what goes into
 * the directory is written and synced by others.
 */
import type { Disk } from '../../../base/env.ts';
import { DataDirectoryRefused, ifAbsent } from '../../../base/faults.ts';
import { makeDataDirectory } from '../data-directory.ts';
import { BACKUP_MANIFEST, INCOMPLETE } from '../file-names.ts';

/** Makes the directories if need be. Throws DataDirectoryRefused, and has touched none, when something is in one of them or one is named twice. */
export async function beginTargets(disk: Disk, paths: readonly string[]): Promise<void> {
  const twice = paths.find((path, index) => paths.indexOf(path) < index);
  if (twice !== undefined) throw new DataDirectoryRefused(`${twice} is named twice`);
  for (const path of paths) {
    // What is no directory is found out when it is to be made.
    const [first] = (await disk.list(path).catch(ifAbsent)) ?? [];
    if (first === undefined) continue;
    throw new DataDirectoryRefused(
      `${path} is not empty: ${first.name} is in it; name a directory that is new or empty`,
    );
  }
  for (const path of paths) await markTarget(disk, path);
}

async function markTarget(disk: Disk, path: string): Promise<void> {
  await makeDataDirectory(disk, path);
  await (await disk.open(`${path}/${INCOMPLETE}`, 'create')).close();
  await disk.syncDirectory(path);
}

/** Everything in the directory is synced, except for the names at its top. */
export async function finishTarget(disk: Disk, path: string): Promise<void> {
  await disk.syncDirectory(path);
  await disk.remove(`${path}/${INCOMPLETE}`);
  await disk.syncDirectory(path);
}

export async function isIncomplete(disk: Disk, path: string): Promise<boolean> {
  return (await disk.stat(`${path}/${INCOMPLETE}`)) !== undefined;
}

/** A broker must not work in a backup, whose files it may share with another broker, nor in a directory that is not all there. Throws DataDirectoryRefused. */
export async function refuseBackupAsData(disk: Disk, path: string): Promise<void> {
  if (await isIncomplete(disk, path)) {
    throw new DataDirectoryRefused(
      `${path} is incomplete: a backup or a restore into it did not end; remove it and begin again`,
    );
  }
  if ((await disk.stat(`${path}/${BACKUP_MANIFEST}`)) !== undefined) {
    throw new DataDirectoryRefused(`${path} is a backup; make a data directory of it with: ottla restore ${path} DIR`);
  }
}
