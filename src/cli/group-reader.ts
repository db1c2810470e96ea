/** Reads topics as a member of a group, and commits what was taken. Leaves the group at the end. */
import { type Consumer, MessagesStreamFallbackModes, MessagesStreamModes } from '@platformatic/kafka';
import type { ConsumedRecord } from './format.ts';
import type { OffsetTable } from './offsets.ts';

export interface GroupReading {
  readonly topics: readonly string[];
  /** Where to begin when the group has committed nothing. */
  readonly fallback: 'earliest' | 'latest';
  /** Undefined: never ends by itself. Otherwise it ends when all that it was assigned is read that far. */
  readonly ends: OffsetTable | undefined;
  readonly signal: AbortSignal;
}

export async function* readAsGroup(consumer: Consumer, reading: GroupReading): AsyncGenerator<ConsumedRecord[]> {
  const stream = await consumer.consume({
    topics: [...reading.topics],
    mode: MessagesStreamModes.COMMITTED,
    fallbackMode:
      reading.fallback === 'earliest' ? MessagesStreamFallbackModes.EARLIEST : MessagesStreamFallbackModes.LATEST,
    autocommit: false,
  });
  const stop = () => void stream.close().catch(() => {});
  const stopAtEnd = () => {
    if (stream.readableLength === 0 && isAtEnd(consumer, stream.offsetsToFetch, reading.ends)) stop();
  };
  stream.on('fetch', stopAtEnd);
  reading.signal.addEventListener('abort', stop, { once: true });
  try {
    for await (const message of stream) {
      const { topic, partition, offset, timestamp, key, value } = message;
      // The client has undefined where the record has null, whatever its types say.
      const bytes = { key: key ?? null, value: value ?? null };
      yield [{ topic, partition, offset, timestamp, ...bytes, headers: message.headerEntries }];
      stopAtEnd();
    }
  } finally {
    reading.signal.removeEventListener('abort', stop);
    await stream.close().catch(() => {});
  }
}

/** Commits the offset after the last record of each partition among `records`. */
export async function commitAfter(consumer: Consumer, records: readonly ConsumedRecord[]): Promise<void> {
  const last = new Map(records.map((record) => [`${record.topic}:${record.partition}`, record]));
  if (last.size === 0) return;
  const offsets = [...last.values()].map(({ topic, partition, offset }) => ({
    topic,
    partition,
    offset: offset + 1n,
    leaderEpoch: -1,
  }));
  await consumer.commit({ offsets });
}

function isAtEnd(consumer: Consumer, positions: ReadonlyMap<string, bigint>, ends: OffsetTable | undefined): boolean {
  if (ends === undefined || consumer.assignments === null) return false;
  return consumer.assignments.every(({ topic, partitions }) =>
    partitions.every((partition) => {
      const position = positions.get(`${topic}:${partition}`);
      return position !== undefined && position >= (ends.get(topic, partition) ?? 0n);
    }),
  );
}
