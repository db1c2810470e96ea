/** Work on a disk that may die under it. A dead disk answers nothing more, so the work itself never ends. */
import type { MemoryDisk } from './memory-disk.ts';

/** Resolves when `work` is over or its disk is dead; rejects when it failed on a disk that lives. */
export async function untilDeath(disk: MemoryDisk, work: Promise<unknown>): Promise<void> {
  let over = false;
  const end = (): void => {
    over = true;
  };
  work.then(end, end);
  while (!over && !disk.dead) await new Promise((resolve) => setImmediate(resolve));
  if (over) await work;
}
