/** What OffsetCommit and TxnOffsetCommit have in common: which of the partitions that a client names exist, and the outcomes of those among the answers for all. */
import type { OffsetToCommit } from '../../coordinator/group/offsets/commit-offsets.ts';
import type { TopicRegistration } from '../../metadata/metadata-image.ts';
import { ErrorCode } from '../../protocol/error-code.ts';

interface AskedTopic {
  readonly partitions: readonly {
    readonly partitionIndex: number;
    readonly committedOffset: number;
    readonly committedLeaderEpoch: number;
    readonly committedMetadata: string | null;
  }[];
}

export interface FoundTopic<Asked extends AskedTopic> {
  readonly asked: Asked;
  readonly topic: TopicRegistration | undefined;
}

/** The topics that are asked for with any partitions. */
export function withTopics<Asked extends AskedTopic>(
  asked: readonly Asked[],
  find: (asked: Asked) => TopicRegistration | undefined,
): readonly FoundTopic<Asked>[] {
  return asked.filter(({ partitions }) => partitions.length > 0).map((one) => ({ asked: one, topic: find(one) }));
}

/** What the coordinator is asked to write: nothing for a partition that does not exist. */
export function offsetsToCommit(topics: readonly FoundTopic<AskedTopic>[]): readonly OffsetToCommit[] {
  return topics.flatMap(({ asked, topic }) => {
    if (topic === undefined) return [];
    return asked.partitions
      .filter(({ partitionIndex }) => topic.partitions[partitionIndex] !== undefined)
      .map(({ partitionIndex, committedOffset, committedLeaderEpoch, committedMetadata }) => ({
        topic: topic.name,
        topicId: topic.id,
        partition: partitionIndex,
        offset: committedOffset,
        leaderEpoch: committedLeaderEpoch,
        metadata: committedMetadata ?? '',
      }));
  });
}

/** `outcomes`: of `offsetsToCommit`, in its order. */
export function answersFor<Asked extends AskedTopic>(
  topics: readonly FoundTopic<Asked>[],
  outcomes: readonly ErrorCode[],
  unknownError: (topic: TopicRegistration | undefined) => ErrorCode,
) {
  let next = 0;
  return topics.map(({ asked, topic }) => ({
    ...asked,
    partitions: asked.partitions.map(({ partitionIndex }) => {
      const isKnown = topic?.partitions[partitionIndex] !== undefined;
      return { partitionIndex, errorCode: isKnown ? (outcomes[next++] ?? ErrorCode.NONE) : unknownError(topic) };
    }),
  }));
}
