/** Makes bytes that can be read, and may be in the page cache alone, durable with the next sync (decision 0004). Pure but for the file it is given. */
import type { DiskFile } from '../../base/env.ts';
import { limits } from '../../base/limits.ts';

/**
 * Whoever wrote these bytes may have died after a sync that failed. The system then takes pages for clean that the disk does not have, and a
 * further sync does nothing; written again, they are dirty again.
 */
export async function writeAgain(file: DiskFile, { from, to }: { from: number; to: number }): Promise<void> {
  for (let position = from; position < to; position += limits.logReadBytes) {
    const chunk = Buffer.allocUnsafeSlow(Math.min(limits.logReadBytes, to - position));
    await file.read(chunk, position);
    await file.write([chunk], position);
  }
}
