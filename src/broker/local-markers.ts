/**
 * Writes the ends of transactions to the partitions of this broker. Those of `__consumer_offsets` go through the group coordinator, which is the only writer of its log
 * (invariant I8). It decides nothing: the marker comes from a coordinator that has decided, or from a tool.
 */
import type { GroupCoordinator } from '../coordinator/group/group-coordinator.ts';
import type { MarkerTarget } from '../coordinator/transaction/marker-target.ts';
import type { TopicPartition } from '../coordinator/transaction/partition-set.ts';
import type { MetadataImage } from '../metadata/metadata-image.ts';
import { CONSUMER_OFFSETS, TRANSACTION_STATE } from '../metadata/topic-name.ts';
import type { Partition } from '../partition/partition.ts';
import { errorOfFault, type PartitionFault } from '../partition/partition-fault.ts';
import type { TransactionMarker } from '../partition/transaction-marker.ts';
import { ErrorCode } from '../protocol/error-code.ts';
import type { PartitionDirectory } from './partition-directory.ts';

export class LocalMarkers implements MarkerTarget {
  readonly #image: MetadataImage;
  readonly #partitions: PartitionDirectory;
  readonly #groups: GroupCoordinator;

  constructor(options: { image: MetadataImage; partitions: PartitionDirectory; groups: GroupCoordinator }) {
    this.#image = options.image;
    this.#partitions = options.partitions;
    this.#groups = options.groups;
  }

  async writeMarker({ topic, partition: index }: TopicPartition, marker: TransactionMarker): Promise<ErrorCode> {
    if (this.#image.topicByName(topic)?.partitions[index] === undefined) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
    if (topic === CONSUMER_OFFSETS) return this.#groups.endTransaction(index, marker);
    // Nobody writes there in a transaction, so there is nothing to end, and its coordinator is the only writer.
    if (topic === TRANSACTION_STATE) return ErrorCode.NONE;
    const partition = await this.#partitions.get(topic, index);
    return typeof partition === 'number' ? partition : append(partition, marker);
  }
}

/** Resolves when the marker is durable, or never will be. */
function append(partition: Partition, marker: TransactionMarker): ErrorCode | Promise<ErrorCode> {
  const result = partition.appendMarker(marker);
  if (result.kind === 'refused') return result.error;
  return new Promise((resolve) => {
    const waiter = {
      settle: (_token: number, fault: PartitionFault | undefined) =>
        resolve(fault === undefined ? ErrorCode.NONE : errorOfFault(fault.kind)),
    };
    if (!partition.waitUntilCommitted(result.lastOffset, waiter, 0)) resolve(ErrorCode.NONE);
  });
}
