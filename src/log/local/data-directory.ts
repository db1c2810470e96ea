/** Makes the directory in which all logs live so that it cannot vanish with the power: whatever is synced in it would vanish along. */
import { dirname } from 'node:path';
import type { Disk } from '../../base/env.ts';

/** Nothing happens when it exists. Directories above it are made as well. */
export async function makeDataDirectory(disk: Disk, path: string): Promise<void> {
  if ((await disk.stat(path)) !== undefined) return;
  const parent = dirname(path);
  if (parent !== path) await makeDataDirectory(disk, parent);
  await disk.makeDirectory(path);
  await disk.syncDirectory(parent);
}
