/** The partitions of a transaction, by topic. Sets are never changed: adding makes a new one. */

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

export type PartitionSet = ReadonlyMap<string, ReadonlySet<number>>;

export const noPartitions: PartitionSet = new Map();

export function includes(set: PartitionSet, { topic, partition }: TopicPartition): boolean {
  return set.get(topic)?.has(partition) === true;
}

export function withPartitions(set: PartitionSet, added: readonly TopicPartition[]): PartitionSet {
  const result = new Map<string, Set<number>>();
  for (const [topic, partitions] of set) result.set(topic, new Set(partitions));
  for (const { topic, partition } of added) {
    const partitions = result.get(topic);
    if (partitions === undefined) result.set(topic, new Set([partition]));
    else partitions.add(partition);
  }
  return result;
}

export function partitionsIn(set: PartitionSet): readonly TopicPartition[] {
  return Array.from(set, ([topic, partitions]) => Array.from(partitions, (partition) => ({ topic, partition }))).flat();
}

export function countOf(set: PartitionSet): number {
  let count = 0;
  for (const partitions of set.values()) count += partitions.size;
  return count;
}
