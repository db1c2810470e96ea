/** Decides that a partition's leader begins a new epoch without a start: what its log has lost shows in the epochs (KIP-320), and they rise above those that the log has. */
import type { PartitionChanged, PartitionCreated } from './cluster-record.ts';
import type { Decision } from './decision.ts';
import type { MetadataImage } from './metadata-image.ts';

export interface LedPartition {
  readonly topicId: string;
  readonly partition: number;
  readonly nodeId: number;
  /** The new epoch is later than this one, too. */
  readonly above: number;
}

/** Nothing changes when the partition is gone, or led elsewhere. */
export function beginLeaderEpoch(image: MetadataImage, led: LedPartition): Decision<undefined> {
  const { topicId, partition, nodeId, above } = led;
  const known = image.topicById(topicId)?.partitions[partition];
  if (known?.leader !== nodeId) return { records: [], reply: undefined };
  const ids = { topicId, partitionId: partition };
  if (above <= known.leaderEpoch) {
    const raised: PartitionChanged = { kind: 'partitionChange', ...ids, replicas: null, isr: null, leader: nodeId };
    return { records: [raised], reply: undefined };
  }
  // A change raises the epoch by one, and the log may come from somewhere where it was raised a thousand times.
  const { replicas, isr, partitionEpoch } = known;
  const leaderEpoch = above + 1;
  const anew: PartitionCreated = {
    kind: 'partition',
    ...ids,
    replicas,
    isr,
    leader: nodeId,
    leaderEpoch,
    partitionEpoch: partitionEpoch + 1,
  };
  return { records: [anew], reply: undefined };
}
