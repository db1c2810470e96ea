/**
 * Makes the operating system's memory warm. On a virtual machine the first use of a page that its host has not given yet costs several times what writing it does, and
 * whoever is measured first would pay for it.
 */
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const CHUNK_BYTES = 4 * 1024 * 1024;

/** Fills the page cache with a file of this size and lets it go again. */
export function warmMemory(workDir: string, bytes: number): void {
  const path = join(workDir, 'warm-up');
  const file = openSync(path, 'w');
  const chunk = Buffer.alloc(CHUNK_BYTES, 1);
  for (let written = 0; written < bytes; written += CHUNK_BYTES) writeSync(file, chunk);
  closeSync(file);
  rmSync(path);
}
