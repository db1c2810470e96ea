/** `ottla-backup.json`: what a backup consists of, file by file. A directory without it is no backup. Knows nothing of how files got there. */
import type { Disk } from '../../../base/env.ts';
import { DataDirectoryRefused } from '../../../base/faults.ts';
import type { LogId } from '../../log-engine.ts';
import { BACKUP_MANIFEST } from '../file-names.ts';
import type { MetaProperties } from '../meta-properties.ts';
import { readSmallFile, replaceFile } from '../small-files.ts';
import { isIncomplete } from './target-directory.ts';

export interface BackupManifest {
  /** Whose data it is. */
  readonly meta: MetaProperties;
  /** Milliseconds since the epoch. */
  readonly cutMs: number;
  readonly logs: readonly CopiedLog[];
}

export interface CopiedLog extends LogId {
  readonly startOffset: number;
  readonly endOffset: number;
  /** Undefined: nothing in it was compacted. */
  readonly cleanOffset?: number | undefined;
  readonly files: readonly CopiedFile[];
}

export interface CopiedFile {
  readonly name: string;
  /** What belongs to the backup. A file that is shared with the broker may have grown since, if a power loss took the segment after it. */
  readonly bytes: number;
  /** It shares its bytes with the broker's file. */
  readonly isLinked: boolean;
}

const VERSION = 1;

interface Content extends BackupManifest {
  readonly version: number;
}

export async function writeManifest(disk: Disk, root: string, manifest: BackupManifest): Promise<void> {
  const content: Content = { version: VERSION, ...manifest };
  await replaceFile(disk, `${root}/${BACKUP_MANIFEST}`, JSON.stringify(content));
}

/** Throws DataDirectoryRefused when the directory is no backup, or not all of one. */
export async function readManifest(disk: Disk, root: string): Promise<BackupManifest> {
  if (await isIncomplete(disk, root)) {
    throw new DataDirectoryRefused(`the backup ${root} is incomplete: what was making it did not end`);
  }
  const bytes = await readSmallFile(disk, `${root}/${BACKUP_MANIFEST}`);
  if (bytes === undefined) throw new DataDirectoryRefused(`${root} is no backup: it has no ${BACKUP_MANIFEST}`);
  const content = parse(bytes.toString());
  if (content === undefined) throw new DataDirectoryRefused(`${root}/${BACKUP_MANIFEST} is damaged`);
  if (content.version !== VERSION) {
    throw new DataDirectoryRefused(
      `the backup ${root} has format ${content.version}, and this version of Ottla reads ${VERSION}`,
    );
  }
  return content;
}

function parse(text: string): Content | undefined {
  try {
    // The file is replaced as a whole and only this program writes it: with the right version it has the right shape.
    const content = JSON.parse(text) as Content;
    return typeof content.version === 'number' ? content : undefined;
  } catch {
    return undefined;
  }
}
