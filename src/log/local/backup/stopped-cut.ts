/** The cut of a data directory whose broker was stopped cleanly: everything that is in it. The caller holds the directory's lock. Writes nothing. */
import type { Disk, DiskEntry } from '../../../base/env.ts';
import { DataDirectoryRefused } from '../../../base/faults.ts';
import {
  CLEAN_SHUTDOWN,
  CLEANED_OFFSETS,
  fileName,
  LOG,
  parseDirectoryName,
  parseFileName,
  START_OFFSETS,
} from '../file-names.ts';
import { parseOffsets } from '../offset-checkpoint.ts';
import { readTopicId } from '../partition-metadata.ts';
import { readSmallFile } from '../small-files.ts';
import { soundBatches } from './copy-file.ts';
import type { LogCut } from './log-cut.ts';

/** Throws DataDirectoryRefused when the last stop was not clean, or a log was not opened since one that was not: what only the journal has would be missed. */
export async function cutOfStopped(disk: Disk, root: string): Promise<readonly LogCut[]> {
  if ((await disk.stat(`${root}/${CLEAN_SHUTDOWN}`)) === undefined) {
    throw new DataDirectoryRefused(
      `not all logs in ${root} were recovered since its broker was killed; start it, and make the backup while it runs`,
    );
  }
  const starts = await readOffsets(disk, `${root}/${START_OFFSETS}`);
  const cleaned = await readOffsets(disk, `${root}/${CLEANED_OFFSETS}`);
  const cuts: LogCut[] = [];
  for (const { name, kind } of await disk.list(root)) {
    const parsed = kind === 'directory' ? parseDirectoryName(name) : undefined;
    if (parsed === undefined) continue;
    const topicId = await readTopicId(disk, `${root}/${name}`);
    if (topicId === undefined) throw new DataDirectoryRefused(`${root}/${name} does not say of which topic it is`);
    const known = { startOffset: starts?.get(name) ?? 0, cleanOffset: cleaned?.get(name), isCompacted: false };
    cuts.push({ ...parsed, topicId, ...known, ...(await segmentsOf(disk, `${root}/${name}`, known.startOffset)) });
  }
  return cuts;
}

async function segmentsOf(
  disk: Disk,
  directory: string,
  startOffset: number,
): Promise<Pick<LogCut, 'segments' | 'startOffset' | 'endOffset'>> {
  const found = (await disk.list(directory)).flatMap(segmentOf).sort((one, other) => one.baseOffset - other.baseOffset);
  const last = found.at(-1);
  const first = Math.max(startOffset, found[0]?.baseOffset ?? 0);
  if (last === undefined) return { segments: [], startOffset: first, endOffset: first };
  const endOffset = await endOf(disk, `${directory}/${fileName(last.baseOffset, LOG)}`, last);
  return {
    segments: found.map((segment) => ({ ...segment, isComplete: segment !== last })),
    startOffset: first,
    endOffset,
  };
}

function segmentOf({ name, bytes }: DiskEntry): { baseOffset: number; bytes: number }[] {
  const parsed = parseFileName(name);
  return parsed?.suffix === LOG && bytes > 0 ? [{ baseOffset: parsed.offset, bytes }] : [];
}

async function endOf(disk: Disk, path: string, { bytes }: { readonly bytes: number }): Promise<number> {
  const file = await disk.open(path, 'readOnly');
  try {
    const sound = await soundBatches(file, bytes);
    if (sound.bytes < bytes)
      throw new DataDirectoryRefused(`${path} is damaged at position ${sound.bytes}; see: ottla log check`);
    return sound.endOffset;
  } finally {
    await file.close();
  }
}

async function readOffsets(disk: Disk, path: string): Promise<Map<string, number> | undefined> {
  const bytes = await readSmallFile(disk, path);
  return bytes === undefined ? undefined : parseOffsets(bytes.toString());
}
