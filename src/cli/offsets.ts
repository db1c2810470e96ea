/** Offsets of many partitions at once: asked of a broker by point, looked up by topic and partition. */
import { type Admin, type ClusterMetadata, FetchIsolationLevels, ListOffsetTimestamps } from '@platformatic/kafka';
import { CommandFailure, ExitCode } from './exit-code.ts';

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** A point in every log: its ends, or the first record at or after a time (milliseconds since the epoch). */
export type OffsetPoint = 'earliest' | 'latest' | number;

export class OffsetTable {
  readonly #offsets = new Map<string, bigint>();

  get(topic: string, partition: number): bigint | undefined {
    return this.#offsets.get(`${topic}:${partition}`);
  }

  set(topic: string, partition: number, offset: bigint): void {
    this.#offsets.set(`${topic}:${partition}`, offset);
  }
}

/** A time that no record has reached answers with the end of the log. */
export async function offsetsOf(
  admin: Admin,
  partitions: readonly TopicPartition[],
  point: OffsetPoint,
): Promise<OffsetTable> {
  const found = await listOffsets(admin, partitions, timestampOf(point));
  const missing = partitions.filter(({ topic, partition }) => (found.get(topic, partition) ?? -1n) < 0n);
  if (missing.length === 0) return found;
  const ends = await listOffsets(admin, missing, ListOffsetTimestamps.LATEST);
  for (const { topic, partition } of missing) found.set(topic, partition, ends.get(topic, partition) ?? 0n);
  return found;
}

/** All partitions of these topics; refuses a topic that is not there. */
export function partitionsOf(metadata: ClusterMetadata, topics: readonly string[]): TopicPartition[] {
  return topics.flatMap((topic) => {
    const count = metadata.topics.get(topic)?.partitions.length;
    if (count === undefined) throw new CommandFailure(ExitCode.FAILED, `there is no topic ${topic}`);
    return Array.from({ length: count }, (_, partition) => ({ topic, partition }));
  });
}

function timestampOf(point: OffsetPoint): bigint {
  if (point === 'earliest') return ListOffsetTimestamps.EARLIEST;
  return point === 'latest' ? ListOffsetTimestamps.LATEST : BigInt(point);
}

async function listOffsets(
  admin: Admin,
  partitions: readonly TopicPartition[],
  timestamp: bigint,
): Promise<OffsetTable> {
  const table = new OffsetTable();
  if (partitions.length === 0) return table;
  const byTopic = Map.groupBy(partitions, ({ topic }) => topic);
  const answers = await admin.listOffsets({
    topics: [...byTopic].map(([name, members]) => ({
      name,
      partitions: members.map(({ partition }) => ({ partitionIndex: partition, timestamp })),
    })),
    isolationLevel: FetchIsolationLevels.READ_UNCOMMITTED,
  });
  for (const { name, partitions: answered } of answers) {
    for (const { partitionIndex, offset } of answered) table.set(name, partitionIndex, offset);
  }
  return table;
}
