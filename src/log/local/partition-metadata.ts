/** `partition.metadata`: which topic the directory belongs to, so that a topic made anew under an old name is not taken for it. */

const TOPIC_ID = /^topic_id: ([A-Za-z0-9_-]{22})$/m;

export function formatPartitionMetadata(topicId: string): string {
  return `version: 0\ntopic_id: ${topicId}`;
}

/** The topic id; undefined when the text has none. */
export function parsePartitionMetadata(text: string): string | undefined {
  return TOPIC_ID.exec(text)?.[1];
}
