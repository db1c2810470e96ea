/**
 * Copies the metadata log: all of it, as it is after everything else was copied. So a topic whose log was left out
 * is not in the metadata either, and no producer id is handed out again. It is small, and copied without sharing bytes.
 */
import type { Disk, DiskEntry } from '../../../base/env.ts';
import { isAbsent } from '../../../base/faults.ts';
import { directoryName, LOG, parseFileName, START_OFFSETS } from '../file-names.ts';
import { parseOffsets } from '../offset-checkpoint.ts';
import { readSmallFile } from '../small-files.ts';
import { copyFirst, soundBatches } from './copy-file.ts';
import { sealLog } from './copy-log.ts';
import type { LogCut } from './log-cut.ts';
import type { CopiedFile, CopiedLog } from './manifest.ts';

/** How often a directory is copied anew that changes meanwhile. */
const ATTEMPTS = 10;

export interface MetadataToCopy {
  readonly disk: Disk;
  /** What was written of it at the cut is there in any case. */
  readonly cut: LogCut;
  readonly root: string;
  readonly target: string;
}

/** Undefined when it would not hold still, or is damaged. */
export async function copyMetadata(copy: MetadataToCopy): Promise<CopiedLog | undefined> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    try {
      const log = await copyOnce(copy);
      if (log !== undefined) return log;
    } catch (error) {
      // A file was taken away under the copy.
      if (!isAbsent(error)) throw error;
    }
    await copy.disk.removeTree(`${copy.target}/${directoryName(copy.cut)}`);
  }
  return undefined;
}

/** Undefined when files came or went meanwhile. */
async function copyOnce({ disk, cut, root, target }: MetadataToCopy): Promise<CopiedLog | undefined> {
  const name = directoryName(cut);
  const [from, to] = [`${root}/${name}`, `${target}/${name}`];
  const names = namesOf(await disk.list(from));
  await disk.makeDirectory(to);
  const files: CopiedFile[] = [];
  const active = names.findLast((file) => file.endsWith(LOG));
  let endOffset = 0;
  for (const file of names) {
    const copied = await copySound(disk, `${from}/${file}`, `${to}/${file}`);
    if (!copied.isWhole && file !== active) return undefined;
    files.push({ name: file, bytes: copied.bytes, isLinked: false });
    if (file.endsWith(LOG)) endOffset = Math.max(endOffset, copied.endOffset);
  }
  if (endOffset < cut.endOffset) return undefined;
  const starts = await readSmallFile(disk, `${root}/${START_OFFSETS}`);
  const startOffset = parseOffsets(starts?.toString() ?? '')?.get(name) ?? 0;
  if (namesOf(await disk.list(from)).join() !== names.join()) return undefined;
  await sealLog(disk, to, cut);
  const { topic, topicId, partition } = cut;
  return { topic, topicId, partition, startOffset, endOffset, files };
}

/** What is being written when the copy comes to it is left out. */
async function copySound(disk: Disk, from: string, to: string) {
  const file = await disk.open(from, 'readOnly');
  try {
    const size = await file.size();
    const sound = await soundBatches(file, size);
    await copyFirst({ disk, from, to, bytes: sound.bytes });
    return { ...sound, isWhole: sound.bytes === size };
  } finally {
    await file.close();
  }
}

/** Of segments, in the order of their offsets. */
function namesOf(entries: readonly DiskEntry[]): readonly string[] {
  const names = entries.map(({ name }) => name);
  return names.filter((name) => parseFileName(name)?.suffix === LOG).sort();
}
