/** `partition.metadata`: which topic the directory belongs to, so that a topic made anew under an old name is not taken for it. */
import type { Disk } from '../../base/env.ts';
import { PARTITION_METADATA } from './file-names.ts';
import { readSmallFile } from './small-files.ts';

const TOPIC_ID = /^topic_id: ([A-Za-z0-9_-]{22})$/m;

export function formatPartitionMetadata(topicId: string): string {
  return `version: 0\ntopic_id: ${topicId}`;
}

/** Undefined when there is no such directory, or when it does not say. */
export async function readTopicId(disk: Disk, directory: string): Promise<string | undefined> {
  const bytes = await readSmallFile(disk, `${directory}/${PARTITION_METADATA}`);
  return parsePartitionMetadata(bytes?.toString() ?? '');
}

/** The topic id; undefined when the text has none. */
export function parsePartitionMetadata(text: string): string | undefined {
  return TOPIC_ID.exec(text)?.[1];
}
