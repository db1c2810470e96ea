/** Makes the directory in which all logs live so that it cannot vanish with the power: whatever is synced in it would vanish along. */
import { dirname } from 'node:path';
import type { Disk } from '../../base/env.ts';
import { DiskFault } from '../../base/faults.ts';

/** Directories above it are made as well. */
export async function makeDataDirectory(disk: Disk, path: string): Promise<void> {
  const parent = dirname(path);
  if ((await disk.stat(path)) === undefined) {
    if (parent !== path) await makeDataDirectory(disk, parent);
    await disk.makeDirectory(path);
  }
  // Also when it was there: whoever made it may have died before this.
  await syncIfAllowed(disk, parent);
}

/** A directory that others have made for us may lie in one that we cannot read. */
async function syncIfAllowed(disk: Disk, path: string): Promise<void> {
  try {
    await disk.syncDirectory(path);
  } catch (error) {
    if (!(error instanceof DiskFault && error.kind === 'denied')) throw error;
  }
}
