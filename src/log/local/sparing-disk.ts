/**
 * A disk that does with fewer file handles when the process has none left: a file that is open and not used gives its own, and the call is made
 * again. Owns no handle; which file gives its own, the pool of open files knows.
 */
import type { Disk } from '../../base/env.ts';
import { DiskFault } from '../../base/faults.ts';

/** `spareOne` answers whether a handle became free. */
export function sparingDisk(disk: Disk, spareOne: () => Promise<boolean>): Disk {
  const sparing = async <T>(call: () => Promise<T>): Promise<T> => {
    for (;;) {
      try {
        return await call();
      } catch (error) {
        if (!isWantOfHandles(error) || !(await spareOne())) throw error;
      }
    }
  };
  return {
    open: (path, mode) => sparing(() => disk.open(path, mode)),
    list: (path) => sparing(() => disk.list(path)),
    syncDirectory: (path) => sparing(() => disk.syncDirectory(path)),
    removeTree: (path) => sparing(() => disk.removeTree(path)),
    stat: (path) => disk.stat(path),
    makeDirectory: (path) => disk.makeDirectory(path),
    rename: (from, to) => disk.rename(from, to),
    link: (from, to) => disk.link(from, to),
    remove: (path) => disk.remove(path),
    space: (path) => disk.space(path),
    lock: (path) => disk.lock(path),
  };
}

function isWantOfHandles(error: unknown): boolean {
  return error instanceof DiskFault && error.kind === 'too-many-files';
}
