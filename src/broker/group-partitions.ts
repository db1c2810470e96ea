/** The group coordinator's view of this broker: the partitions of `__consumer_offsets` that it leads, and the topics that offsets are for. */
import type { CoordinatorPartitions } from '../coordinator/group/coordinator-partitions.ts';
import type { TopicNames } from '../coordinator/group/topic-names.ts';
import type { LogEngine } from '../log/log-engine.ts';
import type { MetadataImage } from '../metadata/metadata-image.ts';
import { CONSUMER_OFFSETS } from '../metadata/topic-name.ts';
import type { PartitionDirectory } from './partition-directory.ts';

export function groupPartitions(options: {
  readonly nodeId: number;
  readonly image: MetadataImage;
  readonly partitions: PartitionDirectory;
  readonly engine: LogEngine;
}): CoordinatorPartitions {
  const { nodeId, image, partitions, engine } = options;
  const leads = (index: number) => image.topicByName(CONSUMER_OFFSETS)?.partitions[index]?.leader === nodeId;
  return {
    count: () => image.topicByName(CONSUMER_OFFSETS)?.partitions.length,
    leads,
    open: (index) => partitions.get(CONSUMER_OFFSETS, index),
    async withLog() {
      const logs = await engine.list();
      const topicId = image.topicByName(CONSUMER_OFFSETS)?.id;
      return logs.filter((log) => log.topicId === topicId && leads(log.partition)).map(({ partition }) => partition);
    },
  };
}

export function topicNames(image: MetadataImage): TopicNames {
  return {
    idOf: (name) => image.topicByName(name)?.id,
    nameOf: (id) => image.topicById(id)?.name,
  };
}
