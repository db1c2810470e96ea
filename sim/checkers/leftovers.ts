/**
 * Checks that a broker that had time to clean up after a crash leaves no bytes behind: no directory of a topic that is gone, no file on its way out. A directory
 * that does not say whose it is stays: the power went before anything in it was promised, and nobody can tell what it was.
 */
import { parsePartitionMetadata } from '../../src/log/local/partition-metadata.ts';
import type { MemoryDisk } from '../memory-disk.ts';
import { DATA_DIR } from '../world/machine.ts';
import { violated } from '../world/world.ts';

const METADATA_LOG = '__cluster_metadata';

export async function checkLeftovers(disk: MemoryDisk, topics: ReadonlySet<string>): Promise<void> {
  for (const { name, kind } of await disk.list(DATA_DIR)) {
    if (kind !== 'directory') continue;
    const topic = name.slice(0, name.lastIndexOf('-'));
    const isKnown = topic === METADATA_LOG || topics.has(topic);
    if (!isKnown && (await saysWhoseItIs(disk, name))) violated(`left behind: the directory ${name}`);
    for (const file of await disk.list(`${DATA_DIR}/${name}`)) {
      if (/\.(deleted|tmp|swap|cleaned)$/.test(file.name)) violated(`left behind: the file ${name}/${file.name}`);
    }
  }
}

/** Bytes of all segments of a partition. */
export async function logBytes(disk: MemoryDisk, directory: string): Promise<number> {
  const files = await disk.list(`${DATA_DIR}/${directory}`);
  return files.filter(({ name }) => name.endsWith('.log')).reduce((sum, { bytes }) => sum + bytes, 0);
}

async function saysWhoseItIs(disk: MemoryDisk, directory: string): Promise<boolean> {
  const file = disk.file(`${DATA_DIR}/${directory}/partition.metadata`);
  if (file === undefined) return false;
  const bytes = Buffer.alloc(file.bytes);
  file.read(bytes, 0);
  return parsePartitionMetadata(bytes.toString()) !== undefined;
}
