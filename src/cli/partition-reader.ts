/**
 * Reads partitions without a group: from given offsets, over all brokers at once, to given ends or for ever. Leaves nothing behind on the brokers.
 */
import { type Consumer, FetchIsolationLevels } from '@platformatic/kafka';
import type { ConsumedRecord } from './format.ts';
import type { OffsetTable, TopicPartition } from './offsets.ts';

type FetchResponse = Awaited<ReturnType<Consumer['fetch']>>;
type FetchResponsePartition = FetchResponse['responses'][number]['partitions'][number];

const fetchLimits = { waitMs: 500, bytes: 16 * 1024 * 1024, partitionBytes: 1024 * 1024 };

const controlBit = 0x20;
const logAppendTimeBit = 0x08;

export interface PartitionReading {
  readonly partitions: readonly TopicPartition[];
  readonly from: OffsetTable;
  /** Undefined: never ends by itself. */
  readonly ends: OffsetTable | undefined;
  /** Also records of transactions that are open or were given up. */
  readonly uncommitted: boolean;
  readonly signal: AbortSignal;
}

interface Position extends TopicPartition {
  next: bigint;
}

/** Records in the order of each partition, as they arrive. */
export async function* readPartitions(consumer: Consumer, reading: PartitionReading): AsyncGenerator<ConsumedRecord[]> {
  const positions: Position[] = reading.partitions.map(({ topic, partition }) => ({
    topic,
    partition,
    next: reading.from.get(topic, partition) ?? 0n,
  }));
  const topics = [...new Set(positions.map(({ topic }) => topic))];
  consumer.topics.trackAll(...topics);
  const metadata = await consumer.metadata({ topics, autocreateTopics: false });
  const topicIds = new Map(topics.map((topic) => [topic, metadata.topics.get(topic)?.id ?? '']));
  const leaderOf = ({ topic, partition }: Position) => metadata.topics.get(topic)?.partitions[partition]?.leader ?? -1;
  const isDone = ({ topic, partition, next }: Position) =>
    reading.ends !== undefined && next >= (reading.ends.get(topic, partition) ?? 0n);
  const pending = new Map<number, Promise<{ readonly node: number; readonly response: FetchResponse }>>();

  while (!reading.signal.aborted) {
    const wanted = Map.groupBy(
      positions.filter((position) => !isDone(position)),
      leaderOf,
    );
    if (wanted.size === 0) return;
    for (const [node, members] of wanted) {
      if (pending.has(node)) continue;
      const request = fetch(consumer, { node, members, topicIds, uncommitted: reading.uncommitted });
      const answer = request.then((response) => ({ node, response }));
      // The answer is awaited below, unless the reading ends before: then its failure does not matter any more.
      answer.catch(() => {});
      pending.set(node, answer);
    }
    const { node, response } = await Promise.race(pending.values());
    pending.delete(node);
    const records: ConsumedRecord[] = [];
    for (const { topicId, partitions } of response.responses) {
      for (const partition of partitions) {
        const position = positions.find(
          (candidate) => candidate.partition === partition.partitionIndex && topicIds.get(candidate.topic) === topicId,
        );
        if (position !== undefined) records.push(...take(position, partition, reading));
      }
    }
    if (records.length > 0) yield records;
  }
}

function fetch(
  consumer: Consumer,
  request: {
    readonly node: number;
    readonly members: readonly Position[];
    readonly topicIds: ReadonlyMap<string, string>;
    readonly uncommitted: boolean;
  },
): Promise<FetchResponse> {
  const byTopic = Map.groupBy(request.members, ({ topic }) => topic);
  return consumer.fetch({
    node: request.node,
    minBytes: 1,
    maxBytes: fetchLimits.bytes,
    maxWaitTime: fetchLimits.waitMs,
    isolationLevel: request.uncommitted ? FetchIsolationLevels.READ_UNCOMMITTED : FetchIsolationLevels.READ_COMMITTED,
    topics: [...byTopic].map(([topic, positions]) => ({
      topicId: request.topicIds.get(topic) ?? '',
      partitions: positions.map(({ partition, next }) => ({
        partition,
        fetchOffset: next,
        currentLeaderEpoch: -1,
        lastFetchedEpoch: -1,
        partitionMaxBytes: fetchLimits.partitionBytes,
      })),
    })),
  });
}

/** The records at and after the position that may be shown; moves the position behind them. */
function take(position: Position, answer: FetchResponsePartition, reading: PartitionReading): ConsumedRecord[] {
  const end = reading.ends?.get(position.topic, position.partition);
  const records: ConsumedRecord[] = [];
  for (const batch of answer.records ?? []) {
    if ((batch.attributes & controlBit) !== 0) continue;
    for (const record of batch.records) {
      const offset = batch.firstOffset + BigInt(record.offsetDelta);
      if (offset < position.next || (end !== undefined && offset >= end)) continue;
      records.push({
        topic: position.topic,
        partition: position.partition,
        offset,
        timestamp:
          (batch.attributes & logAppendTimeBit) === 0
            ? batch.firstTimestamp + record.timestampDelta
            : batch.maxTimestamp,
        key: record.key,
        value: record.value,
        headers: record.headers.map(([name, value]) => [name ?? Buffer.alloc(0), value] as const),
      });
    }
  }
  const last = answer.records?.at(-1);
  if (last !== undefined) position.next = last.firstOffset + BigInt(last.lastOffsetDelta) + 1n;
  return records;
}
