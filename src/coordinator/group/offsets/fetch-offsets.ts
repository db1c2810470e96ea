/** OffsetFetch: what a group has committed, for chosen partitions or all. Groups and partitions that are not known have nothing, without an error. */
import { ErrorCode } from '../../../protocol/error-code.ts';
import type { GroupState } from '../group-state.ts';
import type { StoredOffset } from './offset-table.ts';

export interface TopicToFetch {
  readonly topic: string;
  readonly partitions: readonly number[];
}

export interface FetchedTopic {
  readonly topic: string;
  readonly partitions: readonly FetchedOffset[];
}

/** In the words of the response. */
export interface FetchedOffset {
  readonly partitionIndex: number;
  readonly committedOffset: number;
  readonly committedLeaderEpoch: number;
  readonly metadata: string;
  readonly errorCode: ErrorCode;
}

export interface OffsetsToFetch {
  readonly groupId: string;
  /** Undefined: everything that the group has committed. */
  readonly topics: readonly TopicToFetch[] | undefined;
  /** Say "unstable" where an open transaction may still change the offset (KIP-447). */
  readonly requireStable: boolean;
}

export function fetchOffsets(state: GroupState, request: OffsetsToFetch): readonly FetchedTopic[] {
  const topics = request.topics ?? everyTopic(state, request.groupId);
  return topics.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map((partition) => fetchOne(state, request, { topic, partition })),
  }));
}

function everyTopic({ offsets, topics }: GroupState, groupId: string): readonly TopicToFetch[] {
  return Array.from(offsets.ofGroup(groupId)?.topics() ?? [], ([topic, partitions]) => ({
    topic,
    partitions: [...partitions].filter(([, stored]) => isCurrent(stored, topics.idOf(topic))).map(([index]) => index),
  })).filter(({ partitions }) => partitions.length > 0);
}

function fetchOne(
  { offsets, topics }: GroupState,
  { groupId, requireStable }: OffsetsToFetch,
  { topic, partition }: { topic: string; partition: number },
): FetchedOffset {
  if (requireStable && offsets.isPending({ groupId, topic, partition })) {
    return nothing(partition, ErrorCode.UNSTABLE_OFFSET_COMMIT);
  }
  const stored = offsets.ofGroup(groupId)?.get(topic, partition);
  if (stored === undefined || !isCurrent(stored, topics.idOf(topic))) return nothing(partition, ErrorCode.NONE);
  return {
    partitionIndex: partition,
    committedOffset: stored.offset,
    committedLeaderEpoch: stored.leaderEpoch,
    metadata: stored.metadata,
    errorCode: ErrorCode.NONE,
  };
}

/** An offset of a topic that was deleted means nothing for the next one of the same name, also before it has been swept away. */
function isCurrent({ topicId }: StoredOffset, currentId: string | undefined): boolean {
  return topicId === undefined || currentId === undefined || topicId === currentId;
}

function nothing(partitionIndex: number, errorCode: ErrorCode): FetchedOffset {
  return { partitionIndex, committedOffset: -1, committedLeaderEpoch: -1, metadata: '', errorCode };
}
