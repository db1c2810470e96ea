/**
 * Copies one log as it was at the cut, while a broker may be working in it. Segments that were complete then never change, but compaction and retention
 * take them away: first to another name, later for good. Finds each under either name by its length and its end: compaction only takes batches out of a
 * segment, or adds those of the next ones. A log of which one is gone for another reason than that its records were deleted is not to be had any more in the
 * state of the cut.
 */
import type { Disk, DiskFile } from '../../../base/env.ts';
import type { LogId } from '../../log-engine.ts';
import { DELETED, directoryName, fileName, LOG, PARTITION_METADATA, START_OFFSETS } from '../file-names.ts';
import { parseOffsets } from '../offset-checkpoint.ts';
import { formatPartitionMetadata, readTopicId } from '../partition-metadata.ts';
import { readSmallFile, replaceFile } from '../small-files.ts';
import { copyBatches, endOfBatches, shareFile } from './copy-file.ts';
import type { LogCut, SegmentCut } from './log-cut.ts';
import type { CopiedFile, CopiedLog } from './manifest.ts';

export interface LogToCopy {
  readonly disk: Disk;
  readonly cut: LogCut;
  /** The data directory. */
  readonly root: string;
  /** The backup. */
  readonly target: string;
}

export type LogCopy =
  | { readonly kind: 'copied'; readonly log: CopiedLog }
  /** The topic was deleted meanwhile. */
  | { readonly kind: 'deleted' }
  /** Compaction has taken what was there at the cut, or the log was moved to another data directory. */
  | { readonly kind: 'changed' };

export async function copyLog(copy: LogToCopy): Promise<LogCopy> {
  const { disk, cut, target } = copy;
  const name = directoryName(cut);
  await disk.makeDirectory(`${target}/${name}`);
  const log = await copySegments(copy);
  // Asked in the end: as long as the directory is the log's, so was all that was found in it.
  if (!(await isIn(copy))) {
    await disk.removeTree(`${target}/${name}`);
    return { kind: 'deleted' };
  }
  if (log === undefined) return { kind: 'changed' };
  await sealLog(disk, `${target}/${name}`, cut);
  return { kind: 'copied', log };
}

/** Says whose log it is. Its files are synced; their names are when this resolves. */
export async function sealLog(disk: Disk, directory: string, { topicId }: LogId): Promise<void> {
  await replaceFile(disk, `${directory}/${PARTITION_METADATA}`, formatPartitionMetadata(topicId));
  await disk.syncDirectory(directory);
}

/** Undefined: the log has changed. */
async function copySegments(copy: LogToCopy): Promise<CopiedLog | undefined> {
  const { disk, cut, target } = copy;
  const { topic, topicId, partition, cleanOffset } = cut;
  let { startOffset, endOffset } = cut;
  let files: CopiedFile[] = [];
  for (const [index, segment] of cut.segments.entries()) {
    const nextOffset = cut.segments[index + 1]?.baseOffset ?? endOffset;
    const file = await copySegment(copy, segment, nextOffset);
    if (file !== undefined) {
      files.push(file);
      continue;
    }
    const deletedBelow = await startOf(copy);
    if (deletedBelow < nextOffset) return undefined;
    for (const { name } of files) await disk.remove(`${target}/${directoryName(cut)}/${name}`);
    files = [];
    // Without any segment, the log goes on where the broker's has come to.
    startOffset = Math.max(startOffset, index + 1 < cut.segments.length ? nextOffset : deletedBelow);
  }
  if (files.length === 0) endOffset = startOffset;
  const cleanBelow = cleanOffset === undefined ? undefined : Math.min(cleanOffset, endOffset);
  return { topic, topicId, partition, startOffset, endOffset, cleanOffset: cleanBelow, files };
}

async function copySegment(copy: LogToCopy, segment: SegmentCut, nextOffset: number): Promise<CopiedFile | undefined> {
  const { disk, cut, root, target } = copy;
  const { bytes } = segment;
  const directory = directoryName(cut);
  const name = fileName(segment.baseOffset, LOG);
  const to = `${target}/${directory}/${name}`;
  for (const from of [`${root}/${directory}/${name}`, `${root}/${directory}/${name}${DELETED}`]) {
    if (segment.isComplete) {
      // Only where compaction may have put another one in its place is a segment read.
      const wanted = async (file: DiskFile) => !cut.isCompacted || (await endOfBatches(file)) <= nextOffset;
      const shared = await shareFile({ disk, from, to, bytes, wanted });
      if (shared !== undefined) return { name, bytes, ...shared };
    } else if (await copyBatches({ disk, from, to, bytes, endOffset: cut.endOffset })) {
      return { name, bytes, isLinked: false };
    }
  }
  return undefined;
}

/** A start is durable before segments below it go. */
async function startOf({ disk, cut, root }: LogToCopy): Promise<number> {
  const bytes = await readSmallFile(disk, `${root}/${START_OFFSETS}`);
  return parseOffsets(bytes?.toString() ?? '')?.get(directoryName(cut)) ?? 0;
}

/** Whether the log has its directory there. */
export async function isIn({ disk, cut, root }: Pick<LogToCopy, 'disk' | 'cut' | 'root'>): Promise<boolean> {
  return (await readTopicId(disk, `${root}/${directoryName(cut)}`)) === cut.topicId;
}
