/** Small files that are read whole and replaced whole: after a crash there is the old one or the new one, never a part. */
import type { Disk } from '../../base/env.ts';
import { ifAbsent } from '../../base/faults.ts';
import { TEMPORARY } from './file-names.ts';

/** Undefined when there is no such file. */
export async function readSmallFile(disk: Disk, path: string): Promise<Buffer | undefined> {
  const file = await disk.open(path, 'readOnly').catch(ifAbsent);
  if (file === undefined) return undefined;
  try {
    const bytes = Buffer.allocUnsafe(await file.size());
    return bytes.subarray(0, await file.read(bytes, 0));
  } finally {
    await file.close();
  }
}

/** The new content is complete when the name appears, but the name itself is durable only after a sync of the directory. */
export async function replaceFile(disk: Disk, path: string, content: Uint8Array | string): Promise<void> {
  await replace(disk, path, content, true);
}

/** For what says itself whether it is whole, and can be made anew: after a power loss the name may be there and the content not. */
export async function replaceDerivedFile(disk: Disk, path: string, content: Uint8Array | string): Promise<void> {
  await replace(disk, path, content, false);
}

async function replace(disk: Disk, path: string, content: Uint8Array | string, isSynced: boolean): Promise<void> {
  const temporary = path + TEMPORARY;
  try {
    await write(disk, temporary, content, isSynced);
    await disk.rename(temporary, path);
  } catch (error) {
    // Whoever asked knows that it failed; what a full or failing disk keeps of it is removed when the directory is opened.
    await disk.remove(temporary).catch(() => {});
    throw error;
  }
}

async function write(disk: Disk, path: string, content: Uint8Array | string, isSynced: boolean): Promise<void> {
  const file = await disk.open(path, 'create');
  try {
    // Only what a failing disk has kept of an earlier one.
    if ((await file.size()) > 0) await file.truncate(0);
    await file.write([typeof content === 'string' ? Buffer.from(content) : content], 0);
    if (isSynced) await file.sync();
  } finally {
    await file.close();
  }
}
