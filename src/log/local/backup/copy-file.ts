/**
 * Brings one file into a backup, or out of one: by a second name where it is complete and both places can share it, else byte by byte. It is on stable
 * storage when it is there; its name is when its directory was synced. Whether it is the right file, its length and its batches say.
 */
import type { Disk, DiskFile } from '../../../base/env.ts';
import { DataDirectoryRefused, ifAbsent } from '../../../base/faults.ts';
import { limits } from '../../../base/limits.ts';
import { hasValidCrc } from '../../../protocol/batch/crc32c.ts';
import { lastOffset } from '../../../protocol/batch/header.ts';
import { walkBatches } from '../batch-walk.ts';

export interface FileToCopy {
  readonly disk: Disk;
  readonly from: string;
  readonly to: string;
  readonly bytes: number;
}

/** Of a file that is complete with `bytes`. Undefined, and nothing done, when there is none of exactly that length that is the one that is `wanted`. */
export async function shareFile(
  copy: FileToCopy & { readonly wanted: (file: DiskFile) => Promise<boolean> },
): Promise<{ isLinked: boolean } | undefined> {
  const { disk, from, to, bytes, wanted } = copy;
  const isWanted = async (file: DiskFile) => (await file.size()) === bytes && (await wanted(file));
  const isLinked = await disk.link(from, to).catch(ifAbsent);
  if (isLinked === undefined) return undefined;
  if (!isLinked) return (await copyIf(copy, isWanted)) ? { isLinked } : undefined;
  if (await syncIf(disk, to, isWanted)) return { isLinked };
  await disk.remove(to);
  return undefined;
}

/** Of a file that may be longer. False, and nothing done, unless its first `bytes` are whole sound batches that end at `endOffset`. */
export function copyBatches(copy: FileToCopy & { readonly endOffset: number }): Promise<boolean> {
  return copyIf(copy, async (source) => {
    if ((await source.size()) < copy.bytes) return false;
    const found = await soundBatches(source, copy.bytes);
    return found.bytes === copy.bytes && found.endOffset === copy.endOffset;
  });
}

/** The sound batches with which a file begins. */
export async function soundBatches(file: DiskFile, bytes: number): Promise<{ bytes: number; endOffset: number }> {
  let endOffset = 0;
  const visit = (batch: Uint8Array): boolean => {
    if (lastOffset(batch) < endOffset || !hasValidCrc(batch)) return false;
    endOffset = lastOffset(batch) + 1;
    return true;
  };
  const { position } = await walkBatches({ file, from: 0, to: bytes, whole: true, visit });
  return { bytes: position, endOffset };
}

/** Where the batches of a file end; none of them is checked. */
export async function endOfBatches(file: DiskFile): Promise<number> {
  let endOffset = 0;
  const visit = (batch: Uint8Array): boolean => {
    endOffset = lastOffset(batch) + 1;
    return true;
  };
  await walkBatches({ file, from: 0, to: await file.size(), whole: false, visit });
  return endOffset;
}

/** Throws DataDirectoryRefused when the file has fewer than `bytes`. */
export async function copyFirst(copy: FileToCopy): Promise<void> {
  const source = await copy.disk.open(copy.from, 'readOnly');
  try {
    await copyFrom(source, copy);
  } finally {
    await source.close();
  }
}

/** False when there is no such file, or it is not the one that is `wanted`. */
async function copyIf(copy: FileToCopy, wanted: (source: DiskFile) => Promise<boolean>): Promise<boolean> {
  const source = await copy.disk.open(copy.from, 'readOnly').catch(ifAbsent);
  if (source === undefined) return false;
  try {
    if (!(await wanted(source))) return false;
    await copyFrom(source, copy);
    return true;
  } finally {
    await source.close();
  }
}

async function copyFrom(source: DiskFile, { disk, from, to, bytes }: FileToCopy): Promise<void> {
  const target = await disk.open(to, 'create');
  try {
    const chunk = Buffer.allocUnsafeSlow(Math.max(1, Math.min(limits.logReadBytes, bytes)));
    for (let position = 0; position < bytes; position += chunk.byteLength) {
      const wanted = chunk.subarray(0, Math.min(chunk.byteLength, bytes - position));
      const filled = await source.read(wanted, position);
      if (filled < wanted.byteLength) {
        throw new DataDirectoryRefused(`${from} has only ${position + filled} of its ${bytes} bytes`);
      }
      await target.write([wanted], position);
    }
    await target.sync();
  } finally {
    await target.close();
  }
}

async function syncIf(disk: Disk, path: string, wanted: (file: DiskFile) => Promise<boolean>): Promise<boolean> {
  const file = await disk.open(path, 'existing');
  try {
    if (!(await wanted(file))) return false;
    await file.sync();
    return true;
  } finally {
    await file.close();
  }
}
