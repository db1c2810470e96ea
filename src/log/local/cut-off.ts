/** Takes the end off a file for good (decision 0004). Knows nothing of what is in it. */
import type { DiskFile } from '../../base/env.ts';
import { DiskFault } from '../../base/faults.ts';
import { limits } from '../../base/limits.ts';

/**
 * Leaves the first `bytes` bytes of a file. What goes is zeros on stable storage before the file gets shorter: that alone could be lost with the power, also when the
 * process dies before it syncs it or the sync fails, and whoever comes next sees a file with nothing to cut. Zeros that come back pass for nothing.
 */
export async function cutOff(file: DiskFile, bytes: number): Promise<void> {
  try {
    await writeZeros(file, bytes);
  } catch (error) {
    // Where the file has a hole, a full disk has no room for zeros; the log is to be read all the same.
    if (!(error instanceof DiskFault) || error.kind !== 'full') throw error;
  }
  await file.sync();
  await file.truncate(bytes);
}

async function writeZeros(file: DiskFile, from: number): Promise<void> {
  const to = await file.size();
  const zeros = Buffer.alloc(Math.min(Math.max(0, to - from), limits.logWriteBytes));
  for (let position = from; position < to; position += zeros.byteLength) {
    await file.write([zeros.subarray(0, to - position)], position);
  }
}
