/** How simulated readers read a partition: one fetch or one ListOffsets, with the answer's batches checked and taken apart. */
import { hasValidCrc } from '../../src/protocol/batch/crc32c.ts';
import { baseOffset, isControl, lastOffset } from '../../src/protocol/batch/header.ts';
import { batches } from '../../src/protocol/batch/iterate.ts';
import { recordsOf } from '../../src/protocol/batch/records.ts';
import { ErrorCode } from '../../src/protocol/error-code.ts';
import { Fetch } from '../../src/protocol/messages/fetch.ts';
import { ListOffsets } from '../../src/protocol/messages/list-offsets.ts';
import type { SimPartition } from '../workloads/topics.ts';
import { violated } from '../world/world.ts';
import type { Client } from './client.ts';

export interface SeenRecord {
  readonly offset: number;
  readonly timestamp: number;
  readonly id: string;
}

export interface Fetched {
  readonly errorCode: number;
  readonly highWatermark: number;
  readonly logStart: number;
  readonly batches: readonly Uint8Array[];
  /** From the offset on that was asked for. */
  readonly records: readonly SeenRecord[];
  readonly nextOffset: number;
}

export interface WantedBytes {
  readonly offset: number;
  readonly maxWaitMs: number;
  readonly bytesMax: number;
}

/** The answer for the one partition, as it came; undefined when nobody answered. `isolationLevel`: 1 asks for committed records. */
export async function fetchOnce(
  client: Client,
  { topicId, index, isolationLevel }: { topicId: string; index: number; isolationLevel: 0 | 1 },
  { offset, maxWaitMs, bytesMax }: WantedBytes,
) {
  const answer = await client.request(Fetch, 13, {
    maxWaitMs,
    minBytes: 1,
    maxBytes: 1_000_000,
    isolationLevel,
    topics: [{ topicId, partitions: [{ partition: index, fetchOffset: offset, partitionMaxBytes: bytesMax }] }],
  });
  return answer?.responses[0]?.partitions[0];
}

export async function fetchFrom(
  client: Client,
  { topic, index, truth }: SimPartition,
  wanted: WantedBytes,
): Promise<Fetched | undefined> {
  const { offset } = wanted;
  const result = await fetchOnce(client, { topicId: topic.id, index, isolationLevel: 0 }, wanted);
  if (result === undefined) return undefined;
  const found = [...batches(result.records ?? new Uint8Array())];
  const records: SeenRecord[] = [];
  let nextOffset = offset;
  for (const batch of found) {
    if (!hasValidCrc(batch)) violated(`${truth.rules.name}: the batch at ${baseOffset(batch)} has a wrong checksum`);
    if (lastOffset(batch) < nextOffset) violated(`${truth.rules.name}: asked for ${offset}, got a batch before it`);
    if (!truth.rules.isCompacted && baseOffset(batch) > nextOffset) {
      violated(`${truth.rules.name}: ${nextOffset} is missing, next is ${baseOffset(batch)}`);
    }
    nextOffset = lastOffset(batch) + 1;
    if (!isControl(batch)) records.push(...seen(batch).filter((record) => record.offset >= offset));
  }
  const { errorCode, highWatermark, logStartOffset } = result;
  return { errorCode, highWatermark, logStart: logStartOffset, batches: found, records, nextOffset };
}

/** Undefined when nobody answered or the partition cannot be asked now. */
export async function listOffset(
  client: Client,
  { topic, index }: SimPartition,
  timestamp: number,
): Promise<{ readonly offset: number; readonly timestamp: number } | undefined> {
  const answer = await client.request(ListOffsets, 7, {
    replicaId: -1,
    topics: [{ name: topic.name, partitions: [{ partitionIndex: index, timestamp }] }],
  });
  const found = answer?.topics[0]?.partitions[0];
  return found?.errorCode === ErrorCode.NONE ? found : undefined;
}

function seen(batch: Uint8Array): readonly SeenRecord[] {
  return Array.from(recordsOf(batch), ({ offset, timestamp, value }) => ({
    offset,
    timestamp,
    id: Buffer.from(value ?? [])
      .toString()
      .trimEnd(),
  }));
}
