/**
 * `meta.properties` at the top of a data directory: whose data it is, and which format it has. Written once, when the directory is first used; a directory in an
 * older format would be brought forward here. One in a newer format is refused before anything is touched.
 */
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

/** The format that is written here: Kafka's, since there are directories without ZooKeeper. */
const VERSION = 1;

/** Undefined in a directory that was never used. Throws DataDirectoryRefused. */
export async function readMetaProperties(disk: Disk, root: string): Promise<MetaProperties | undefined> {
  const path = `${root}/${META_PROPERTIES}`;
  const bytes = await readSmallFile(disk, path);
  return bytes === undefined ? undefined : parseMetaProperties(bytes.toString(), path);
}

export async function writeMetaProperties(disk: Disk, root: string, properties: MetaProperties): Promise<void> {
  await disk.makeDirectory(root);
  await replaceFile(disk, `${root}/${META_PROPERTIES}`, formatMetaProperties(properties));
  await disk.syncDirectory(root);
}

export function formatMetaProperties({ nodeId, clusterId, directoryId }: MetaProperties): string {
  return `#\nnode.id=${nodeId}\ndirectory.id=${directoryId}\nversion=${VERSION}\ncluster.id=${clusterId}\n`;
}

/** `path` is for messages. Throws DataDirectoryRefused. */
export function parseMetaProperties(text: string, path: string = META_PROPERTIES): MetaProperties {
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, name = '', value = ''] = /^\s*([^#=\s]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    values.set(name, value);
  }
  refuseOtherVersions(values.get('version') ?? '', path);
  const nodeId = Number(values.get('node.id') || Number.NaN);
  const clusterId = values.get('cluster.id');
  if (!Number.isInteger(nodeId) || !clusterId) {
    throw new DataDirectoryRefused(`${path} is damaged: it has no node.id and cluster.id`);
  }
  return { nodeId, clusterId, directoryId: values.get('directory.id') ?? '' };
}

/** Version 0 is that of brokers with ZooKeeper. When a version 2 comes, the step from 1 to 2 belongs here. */
function refuseOtherVersions(version: string, path: string): void {
  if (version === String(VERSION)) return;
  const number = /^\d+$/.test(version) ? Number(version) : undefined;
  if (number !== undefined && number > VERSION) {
    const advice = 'start the version of Ottla that wrote it, or a later one';
    throw new DataDirectoryRefused(
      `${path} says that the data directory has format ${number}, and this version of Ottla reads up to ${VERSION}; ${advice}`,
    );
  }
  if (number !== undefined) {
    throw new DataDirectoryRefused(
      `${path} says that the data directory has format ${number}, that of a broker with ZooKeeper; bring it to KRaft with Apache Kafka first`,
    );
  }
  throw new DataDirectoryRefused(`${path} is damaged: it has no version`);
}
