/** What a group has committed, in the order of topics and partitions. */
import type { Admin } from '@platformatic/kafka';
import type { TopicPartition } from './offsets.ts';

export interface CommittedOffset extends TopicPartition {
  readonly offset: bigint;
  readonly metadata: string | null;
}

export async function committedOffsets(admin: Admin, group: string): Promise<readonly CommittedOffset[]> {
  const [answer] = await admin.listConsumerGroupOffsets({ groups: [group] });
  const rows = (answer?.topics ?? []).flatMap(({ name, partitions }) =>
    partitions.map(({ partitionIndex, committedOffset, metadata }) => ({
      topic: name,
      partition: partitionIndex,
      offset: committedOffset,
      metadata: metadata ?? null,
    })),
  );
  return rows
    .filter((row) => row.offset >= 0n)
    .toSorted((left, right) =>
      left.topic === right.topic ? left.partition - right.partition : left.topic < right.topic ? -1 : 1,
    );
}
