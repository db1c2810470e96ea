/** Decides that a partition's leader begins a new epoch without a start: what it has lost shows in the epochs (KIP-320). */
import type { PartitionChanged } from './cluster-record.ts';
import type { Decision } from './decision.ts';
import type { MetadataImage } from './metadata-image.ts';

export interface LedPartition {
  readonly topicId: string;
  readonly partition: number;
  readonly nodeId: number;
}

/** Nothing changes when the partition is gone, or led elsewhere. */
export function beginLeaderEpoch(
  image: MetadataImage,
  { topicId, partition, nodeId }: LedPartition,
): Decision<undefined> {
  if (image.topicById(topicId)?.partitions[partition]?.leader !== nodeId) return { records: [], reply: undefined };
  const record: PartitionChanged = {
    kind: 'partitionChange',
    topicId,
    partitionId: partition,
    replicas: null,
    isr: null,
    leader: nodeId,
  };
  return { records: [record], reply: undefined };
}
