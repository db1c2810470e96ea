/**
 * Checks that a broker that had time to clean up after a crash leaves no bytes behind: no directory of a topic that is gone, no file on its way out. A directory
 * that does not say whose it is stays: the power went before anything in it was promised, and nobody can tell what it was.
 */
import { parsePartitionMetadata } from '../../src/log/local/partition-metadata.ts';
import type { MemoryDisk } from '../memory-disk.ts';
import { violated } from '../world/world.ts';

const METADATA_LOG = '__cluster_metadata';

export async function checkLeftovers(disk: MemoryDisk, root: string, topics: ReadonlySet<string>): Promise<void> {
  for (const { name, kind } of await disk.list(root)) {
    if (kind !== 'directory') continue;
    const topic = name.slice(0, name.lastIndexOf('-'));
    const isKnown = topic === METADATA_LOG || topics.has(topic);
    if (!isKnown && saysWhoseItIs(disk, `${root}/${name}`)) violated(`left behind: the directory ${name}`);
    for (const file of await disk.list(`${root}/${name}`)) {
      if (/\.(deleted|tmp|swap|cleaned)$/.test(file.name)) violated(`left behind: the file ${name}/${file.name}`);
    }
  }
}

/** Bytes of all segments of a partition, wherever it is. */
export function logBytes(disk: MemoryDisk, roots: readonly string[], directory: string): number {
  const files = roots.flatMap((root) => disk.filesBelow(`${root}/${directory}`));
  const segments = files.filter((path) => path.endsWith('.log'));
  return segments.reduce((sum, path) => sum + (disk.file(path)?.bytes ?? 0), 0);
}

function saysWhoseItIs(disk: MemoryDisk, directory: string): boolean {
  const file = disk.file(`${directory}/partition.metadata`);
  if (file === undefined) return false;
  const bytes = Buffer.alloc(file.bytes);
  file.read(bytes, 0);
  return parsePartitionMetadata(bytes.toString()) !== undefined;
}
