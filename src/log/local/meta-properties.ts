/** `meta.properties` at the top of a data directory: whose data it is. Written once, when the directory is first used. */
import type { Disk } from '../../base/env.ts';
import { DataDirectoryRefused } from '../../base/faults.ts';
import { META_PROPERTIES } from './file-names.ts';
import { readSmallFile, replaceFile } from './small-files.ts';

export interface MetaProperties {
  readonly nodeId: number;
  readonly clusterId: string;
  /** Kafka's 22 characters. */
  readonly directoryId: string;
}

/** Undefined in a directory that was never used. Throws DataDirectoryRefused. */
export async function readMetaProperties(disk: Disk, root: string): Promise<MetaProperties | undefined> {
  const bytes = await readSmallFile(disk, `${root}/${META_PROPERTIES}`);
  if (bytes === undefined) return undefined;
  const properties = parseMetaProperties(bytes.toString());
  if (properties !== undefined) return properties;
  throw new DataDirectoryRefused(`${root}/${META_PROPERTIES} is damaged: it has no version 1, node.id and cluster.id`);
}

export async function writeMetaProperties(disk: Disk, root: string, properties: MetaProperties): Promise<void> {
  await disk.makeDirectory(root);
  await replaceFile(disk, `${root}/${META_PROPERTIES}`, formatMetaProperties(properties));
  await disk.syncDirectory(root);
}

export function formatMetaProperties({ nodeId, clusterId, directoryId }: MetaProperties): string {
  return `#\nnode.id=${nodeId}\ndirectory.id=${directoryId}\nversion=1\ncluster.id=${clusterId}\n`;
}

/** Undefined when the text does not say whose directory it is. */
export function parseMetaProperties(text: string): MetaProperties | undefined {
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, name = '', value = ''] = /^\s*([^#=\s]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    values.set(name, value);
  }
  const nodeId = Number(values.get('node.id') || Number.NaN);
  const clusterId = values.get('cluster.id');
  if (values.get('version') !== '1' || !Number.isInteger(nodeId) || !clusterId) return undefined;
  return { nodeId, clusterId, directoryId: values.get('directory.id') ?? '' };
}
