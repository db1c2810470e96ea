/**
 * ListOffsets v1–11: the offset of a time, or of a special place in the log.
 *
 * v2 added the isolation level, v4 leader epochs (KIP-320), v6 is flexible, v7 asks for the greatest timestamp (−3, KIP-734), v8 for the start of what is
 * local (−4, KIP-405), v9 for the end of what is tiered (−5, KIP-1005), v10 a timeout for it, v11 for what is not yet tiered (−6, KIP-1023). Older versions
 * refuse the newer special timestamps.
 *
 * What was appended before the request counts, also when its producer did not wait for the disk: the answer does. Differs from Apache Kafka: the greatest
 * timestamp is found in the log itself, also after a restart.
 */

import { inOrder } from '../../base/in-order.ts';
import { limits } from '../../base/limits.ts';
import { Slots } from '../../base/slots.ts';
import type { TimestampOffset } from '../../log/log-engine.ts';
import type { Isolation, Partition } from '../../partition/partition.ts';
import { errorOfFault, PartitionFault } from '../../partition/partition-fault.ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import { ListOffsets } from '../../protocol/messages/list-offsets.ts';
import type { RequestOf, ResponseOf } from '../../protocol/schema.ts';
import { handler, type RequestContext } from '../handler.ts';
import { splitDuplicates } from './duplicates.ts';

type Request = RequestOf<typeof ListOffsets>;
type TopicAnswer = NonNullable<ResponseOf<typeof ListOffsets>['topics']>[number];
type PartitionAnswer = NonNullable<TopicAnswer['partitions']>[number];
type Wish = Request['topics'][number]['partitions'][number];
type Place = Pick<PartitionAnswer, 'timestamp' | 'offset' | 'leaderEpoch'>;

const LATEST = -1;
const EARLIEST = -2;
const MAX_TIMESTAMP = -3;
const EARLIEST_LOCAL = -4;
const LATEST_TIERED = -5;
const EARLIEST_PENDING_UPLOAD = -6;

/** The version that first knows a special timestamp. */
const sinceVersion: ReadonlyMap<number, number> = new Map([
  [LATEST, 1],
  [EARLIEST, 1],
  [MAX_TIMESTAMP, 7],
  [EARLIEST_LOCAL, 8],
  [LATEST_TIERED, 9],
  [EARLIEST_PENDING_UPLOAD, 11],
]);

const CONSUMER = -1;
const nowhere: Place = { timestamp: -1, offset: -1, leaderEpoch: -1 };

export const listOffsets = handler(ListOffsets, async (request, context) => {
  const isolation = isolationOf(request);
  const topics = await inOrder(request.topics, async ({ name, partitions }) => {
    const { unique, duplicates } = splitDuplicates(partitions, ({ partitionIndex }) => partitionIndex);
    const answering = unique.map((wish) => () => answer(name, wish, isolation, context));
    const answers = await new Slots(limits.partitionsAnswering).all(answering);
    const refusals = duplicates.map((partitionIndex) => ({ partitionIndex, errorCode: ErrorCode.INVALID_REQUEST }));
    return { name, partitions: [...answers, ...refusals] };
  });
  return { topics: topics.filter(({ partitions }) => partitions.length > 0) };
});

/** Undefined: no such isolation level. Replicas see the whole log. */
function isolationOf({ replicaId, isolationLevel }: Request): Isolation | undefined {
  if (isolationLevel !== 0 && isolationLevel !== 1) return undefined;
  if (replicaId !== CONSUMER) return 'log-end';
  return isolationLevel === 1 ? 'committed' : 'uncommitted';
}

async function answer(
  topic: string,
  { partitionIndex, currentLeaderEpoch, timestamp }: Wish,
  isolation: Isolation | undefined,
  { broker, apiVersion }: RequestContext,
): Promise<PartitionAnswer> {
  if (isolation === undefined) return { partitionIndex, errorCode: ErrorCode.UNKNOWN_SERVER_ERROR };
  const version = timestamp >= 0 ? 1 : sinceVersion.get(timestamp);
  if (version === undefined || apiVersion < version)
    return { partitionIndex, errorCode: ErrorCode.UNSUPPORTED_VERSION };
  const partition = await broker.partitions.get(topic, partitionIndex);
  if (typeof partition === 'number') return { partitionIndex, errorCode: partition };
  const errorCode = partition.checkLeaderEpoch(currentLeaderEpoch);
  if (errorCode !== ErrorCode.NONE) return { partitionIndex, errorCode };
  try {
    if (isolation !== 'log-end') await partition.whenDurable(partition.logEndOffset - 1);
    return { partitionIndex, errorCode: ErrorCode.NONE, ...(await find(partition, timestamp, isolation)) };
  } catch (error) {
    if (error instanceof PartitionFault) return { partitionIndex, errorCode: errorOfFault(error.kind) };
    throw error;
  }
}

async function find(partition: Partition, timestamp: number, isolation: Isolation): Promise<Place> {
  switch (timestamp) {
    case LATEST:
      return placeAt(partition, partition.readLimit(isolation));
    case EARLIEST:
    case EARLIEST_LOCAL:
      return placeAt(partition, partition.logStartOffset);
    case MAX_TIMESTAMP:
      return belowLimit(await partition.offsetOfMaxTimestamp(), partition.readLimit(isolation));
    case LATEST_TIERED:
    case EARLIEST_PENDING_UPLOAD:
      // Nothing is tiered here.
      return nowhere;
    default:
      return (await partition.offsetForTimestamp(timestamp, isolation)) ?? nowhere;
  }
}

/** The record with the largest timestamp may belong to an open transaction; then Kafka looks for no other one. */
function belowLimit(place: TimestampOffset | undefined, limit: number): Place {
  return place !== undefined && place.offset < limit ? place : nowhere;
}

function placeAt(partition: Partition, offset: number): Place {
  return { timestamp: -1, offset, leaderEpoch: partition.epochAt(offset) };
}
