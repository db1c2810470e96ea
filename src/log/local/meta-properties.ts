/** `meta.properties` at the top of a data directory: whose data it is. Written once, when the directory is first used. */
import type { Disk } from '../../base/env.ts';
import { META_PROPERTIES } from './file-names.ts';
import { readSmallFile, replaceFile } from './small-files.ts';

export interface MetaProperties {
  readonly nodeId: number;
  readonly clusterId: string;
  /** Kafka's 22 characters. */
  readonly directoryId: string;
}

/** The directory has a file that cannot be understood; nothing in it is touched. */
export class MetaPropertiesDamaged extends Error {
  override readonly name = 'MetaPropertiesDamaged';
}

/** Undefined in a directory that was never used. Throws MetaPropertiesDamaged. */
export async function readMetaProperties(disk: Disk, root: string): Promise<MetaProperties | undefined> {
  const bytes = await readSmallFile(disk, `${root}/${META_PROPERTIES}`);
  return bytes === undefined ? undefined : parseMetaProperties(bytes.toString());
}

export async function writeMetaProperties(disk: Disk, root: string, properties: MetaProperties): Promise<void> {
  await disk.makeDirectory(root);
  await replaceFile(disk, `${root}/${META_PROPERTIES}`, formatMetaProperties(properties));
  await disk.syncDirectory(root);
}

export function formatMetaProperties({ nodeId, clusterId, directoryId }: MetaProperties): string {
  return `#\nnode.id=${nodeId}\ndirectory.id=${directoryId}\nversion=1\ncluster.id=${clusterId}\n`;
}

export function parseMetaProperties(text: string): MetaProperties {
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, name = '', value = ''] = /^\s*([^#=\s]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    values.set(name, value);
  }
  const nodeId = Number(values.get('node.id') || Number.NaN);
  const clusterId = values.get('cluster.id');
  if (values.get('version') !== '1' || !Number.isInteger(nodeId) || !clusterId) {
    throw new MetaPropertiesDamaged(`${META_PROPERTIES} has no version 1, node.id and cluster.id`);
  }
  return { nodeId, clusterId, directoryId: values.get('directory.id') ?? '' };
}
