/**
 * Says which data directory each log of a backup is restored into: where a broker would place it if all were new, the largest first. The metadata log goes into the first one, where a broker
 * looks for it. Counts the bytes that are still to come; touches no disk.
 */
import { present } from '../../../base/assert.ts';
import { chooseDirectory } from '../../several/choose-directory.ts';
import { directoryName } from '../file-names.ts';
import type { CopiedLog } from './manifest.ts';

export interface RestoreDirectory {
  readonly root: string;
  readonly usableBytes: number;
}

export interface LogsToPlace {
  readonly logs: readonly CopiedLog[];
  readonly metadataTopic: string;
  /** One at least. */
  readonly directories: readonly RestoreDirectory[];
}

/** The logs of each root, in the order of the directories. */
export function placeLogs({
  logs,
  metadataTopic,
  directories,
}: LogsToPlace): ReadonlyMap<string, readonly CopiedLog[]> {
  const choices = directories.map(({ root, usableBytes }) => ({
    root,
    usableBytes,
    logs: 0,
    placed: [] as CopiedLog[],
  }));
  for (const log of logs.toSorted(byBytes)) {
    const isMetadata = log.topic === metadataTopic;
    const chosen = present(isMetadata ? choices[0] : chooseDirectory(choices), 'there is a directory');
    chosen.placed.push(log);
    chosen.usableBytes -= bytesOf(log);
    // As for a broker, the metadata log is no log among others.
    if (!isMetadata) chosen.logs += 1;
  }
  return new Map(choices.map(({ root, placed }) => [root, placed]));
}

function bytesOf({ files }: CopiedLog): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** The largest first; of one size, by name. */
function byBytes(one: CopiedLog, other: CopiedLog): number {
  return bytesOf(other) - bytesOf(one) || (directoryName(one) < directoryName(other) ? -1 : 1);
}
