/** A coordinator's view of this broker: the partitions of its internal topic that this broker leads. */
import type { CoordinatorPartitions } from '../coordinator/coordinator-partitions.ts';
import type { LogEngine } from '../log/log-engine.ts';
import type { MetadataImage } from '../metadata/metadata-image.ts';
import type { PartitionDirectory } from './partition-directory.ts';

export interface LedPartitions extends CoordinatorPartitions {
  /** The epoch in which this broker leads the partition; undefined when it does not. */
  leaderEpoch(index: number): number | undefined;
}

export function coordinatorPartitions(options: {
  readonly topic: string;
  readonly nodeId: number;
  readonly image: MetadataImage;
  readonly partitions: PartitionDirectory;
  readonly engine: LogEngine;
}): LedPartitions {
  const { topic, nodeId, image, partitions, engine } = options;
  const registration = (index: number) => image.topicByName(topic)?.partitions[index];
  const leads = (index: number) => registration(index)?.leader === nodeId;
  return {
    count: () => image.topicByName(topic)?.partitions.length,
    leads,
    leaderEpoch: (index) => (leads(index) ? registration(index)?.leaderEpoch : undefined),
    open: (index) => partitions.get(topic, index),
    async withLog() {
      const logs = await engine.list();
      const topicId = image.topicByName(topic)?.id;
      return logs.filter((log) => log.topicId === topicId && leads(log.partition)).map(({ partition }) => partition);
    },
  };
}
