/**
 * Puts a compacted segment in the place of those that it was made from, so that a crash at any step leaves the old ones or the new one, never both and
 * never neither (invariant I21). Owns the order of renames and syncs, as Apache Kafka names the files:
 *
 *     written and synced as `.cleaned` · renamed to `.swap`: from here on, opening finishes it · the old files renamed to `.deleted` · `.swap` loses its
 *     suffix
 *
 * Between two steps the directory is synced: names may reach the disk in any order.
 */
import type { Disk, DiskEntry, Env } from '../../base/env.ts';
import { isAbsent } from '../../base/faults.ts';
import { lastOffset } from '../../protocol/batch/header.ts';
import { walkBatches } from './batch-walk.ts';
import {
  CLEANED,
  DELETED,
  fileName,
  LOG,
  LOST,
  OFFSET_INDEX,
  parseFileName,
  SWAP,
  TIME_INDEX,
  TRANSACTION_INDEX,
} from './file-names.ts';
import { isGood } from './recover-segment.ts';
import type { Segment } from './segment.ts';

/** The log's own file last: as long as it has its suffix, the swap is not over. */
const NEW_FILES = [TRANSACTION_INDEX, OFFSET_INDEX, TIME_INDEX, LOG] as const;
const OLD_FILES = [LOG, OFFSET_INDEX, TIME_INDEX, TRANSACTION_INDEX] as const;

export interface SegmentSwap {
  readonly disk: Disk;
  readonly directory: string;
  /** Of the new segment, which is written and synced. */
  readonly baseOffset: number;
  readonly replaced: readonly Segment[];
}

/** Answers the paths of the old files, which may be removed. */
export async function swapSegment({ disk, directory, baseOffset, replaced }: SegmentSwap): Promise<readonly string[]> {
  for (const suffix of NEW_FILES) {
    const path = `${directory}/${fileName(baseOffset, suffix)}`;
    await renameIfThere(disk, path + CLEANED, path + SWAP);
  }
  await disk.syncDirectory(directory);
  const removable: string[] = [];
  for (const segment of replaced) {
    segment.movesAway(DELETED);
    for (const suffix of OLD_FILES) {
      const path = `${directory}/${fileName(segment.baseOffset, suffix)}`;
      if (await renameIfThere(disk, path, path + DELETED)) removable.push(path + DELETED);
    }
  }
  await disk.syncDirectory(directory);
  await nameAsLog(disk, directory, baseOffset);
  return removable;
}

async function nameAsLog(disk: Disk, directory: string, baseOffset: number): Promise<void> {
  for (const suffix of NEW_FILES) {
    const path = `${directory}/${fileName(baseOffset, suffix)}`;
    await renameIfThere(disk, path + SWAP, path);
  }
  await disk.syncDirectory(directory);
}

async function renameIfThere(disk: Disk, from: string, to: string): Promise<boolean> {
  try {
    await disk.rename(from, to);
    return true;
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
}

/** Removes what a compaction has begun to write. */
export async function removeCleaned(disk: Disk, directory: string, baseOffset: number): Promise<void> {
  for (const suffix of NEW_FILES) await disk.remove(`${directory}/${fileName(baseOffset, suffix)}${CLEANED}`);
}

/** When a log is opened: finishes swaps that were decided and undoes those that were not. Answers what is in the directory then. */
export async function finishSwaps(
  { disk, logger }: Pick<Env, 'disk' | 'logger'>,
  directory: string,
  entries: readonly DiskEntry[],
): Promise<readonly DiskEntry[]> {
  const left = entries.filter(({ name }) => name.endsWith(CLEANED) || name.endsWith(SWAP));
  if (left.length === 0) return entries;
  // Whoever was killed may have given the names, and not durably: old files go on the word of a `.swap`, so it must not go with a power loss.
  await disk.syncDirectory(directory);
  for (const { name } of left) {
    const parsed = name.endsWith(SWAP) ? parseFileName(name.slice(0, -SWAP.length)) : undefined;
    if (parsed?.suffix !== LOG || (await finishSwap(disk, directory, parsed.offset))) continue;
    logger.error({ file: name }, 'a compacted segment does not fit into its log and is kept aside');
    await disk.rename(`${directory}/${name}`, `${directory}/${name}${LOST}`);
    // It must not come back when it might fit.
    await disk.syncDirectory(directory);
  }
  for (const { name } of await disk.list(directory)) {
    if (name.endsWith(CLEANED) || name.endsWith(SWAP)) await disk.remove(`${directory}/${name}`);
  }
  return disk.list(directory);
}

/** False when nothing may go for it: it is damaged, or what it would replace reaches further. A crash leaves no such, a copy may. */
async function finishSwap(disk: Disk, directory: string, baseOffset: number): Promise<boolean> {
  const contentOf = (base: number, suffix: string): Promise<SegmentContent> =>
    readSegment(disk, `${directory}/${fileName(base, LOG)}${suffix}`, base);
  const { isSound, endOffset } = await contentOf(baseOffset, SWAP);
  if (!isSound || endOffset === baseOffset) return false;
  const old = oldFiles(await disk.list(directory));
  const endsBy = async (end: number): Promise<boolean> => {
    const base = old.findLast(({ suffix, offset }) => suffix === LOG && offset < end)?.offset;
    return base === undefined || (await contentOf(base, '')).endOffset <= end;
  };
  // The last batch of what it replaces was kept, if need be without records.
  if (!(await endsBy(baseOffset)) || !(await endsBy(endOffset))) return false;
  for (const { name, offset } of old) {
    if (offset >= baseOffset && offset < endOffset) await disk.remove(`${directory}/${name}`);
  }
  await disk.syncDirectory(directory);
  await nameAsLog(disk, directory, baseOffset);
  return true;
}

/** What belongs to segments that are part of the log, in the order of offsets. */
function oldFiles(entries: readonly DiskEntry[]): { name: string; offset: number; suffix: string }[] {
  const files = entries.flatMap(({ name }) => {
    const parsed = parseFileName(name);
    return parsed !== undefined && OLD_FILES.some((suffix) => suffix === parsed.suffix) ? [{ name, ...parsed }] : [];
  });
  return files.sort((one, other) => one.offset - other.offset);
}

interface SegmentContent {
  /** Behind the last batch whose header can be read. */
  readonly endOffset: number;
  /** Every batch is what was written, up to the end of the file. */
  readonly isSound: boolean;
}

async function readSegment(disk: Disk, path: string, baseOffset: number): Promise<SegmentContent> {
  const file = await disk.open(path, 'readOnly');
  let endOffset = baseOffset;
  let isSound = true;
  try {
    const visit = (batch: Uint8Array): boolean => {
      isSound &&= isGood(batch, endOffset);
      endOffset = lastOffset(batch) + 1;
      return true;
    };
    const { reason } = await walkBatches({ file, from: 0, to: await file.size(), whole: true, visit });
    return { endOffset, isSound: isSound && reason === 'end' };
  } finally {
    await file.close();
  }
}
