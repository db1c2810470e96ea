/**
 * DescribeTopicPartitions v0: topics with their partitions, page by page in the order of their names (KIP-966).
 *
 * No topics asked for means all. A page has at most `max.request.partition.size.limit` partitions. A cursor must lie within the topics that
 * are asked for; it may point behind the last partition of its topic.
 *
 * Differs from Apache Kafka: a name that no topic can have is answered with INVALID_TOPIC_EXCEPTION for that name alone, where Kafka answers
 * UNKNOWN_SERVER_ERROR for all names of the request.
 */
import type { PartitionRegistration } from '../../metadata/metadata-image.ts';
import { isInternalTopic, topicNameProblem } from '../../metadata/topic-name.ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import { DescribeTopicPartitions } from '../../protocol/messages/describe-topic-partitions.ts';
import type { RequestOf, ResponseOf } from '../../protocol/schema.ts';
import { ALL_TOPIC_OPERATIONS } from '../authorized-operations.ts';
import { handler, type RequestContext } from '../handler.ts';

type Request = RequestOf<typeof DescribeTopicPartitions>;
type Response = ResponseOf<typeof DescribeTopicPartitions>;
type TopicAnswer = NonNullable<Response['topics']>[number];
type Cursor = NonNullable<Request['cursor']>;

export const describeTopicPartitions = handler(DescribeTopicPartitions, (request, context) => {
  const { cursor } = request;
  if (cursor !== null && !isWithin(cursor, request)) {
    return { topics: request.topics.map(({ name }) => ({ errorCode: ErrorCode.INVALID_REQUEST, name })) };
  }
  return page(namesFrom(cursor, request, context), { cursor, limit: pageLimit(request, context), context });
});

/** A cursor of a request for all topics may name one that has been deleted since. */
function isWithin(cursor: Cursor, { topics }: Request): boolean {
  if (cursor.partitionIndex < 0) return false;
  return topics.length === 0 || topics.some(({ name }) => name === cursor.topicName);
}

function namesFrom(cursor: Cursor | null, { topics }: Request, { broker }: RequestContext): string[] {
  const all =
    topics.length === 0
      ? Array.from(broker.metadata.image.topics(), ({ name }) => name)
      : topics.map(({ name }) => name);
  const from = cursor?.topicName ?? '';
  return [...new Set(all)].filter((name) => name >= from).sort();
}

function pageLimit({ responsePartitionLimit }: Request, { broker }: RequestContext): number {
  return Math.max(1, Math.min(responsePartitionLimit, broker.config.get('max.request.partition.size.limit')));
}

function page(
  names: readonly string[],
  { cursor, limit, context }: { cursor: Cursor | null; limit: number; context: RequestContext },
): Response {
  const topics: TopicAnswer[] = [];
  let room = limit;
  for (const name of names) {
    if (room === 0) return { topics, nextCursor: { topicName: name, partitionIndex: 0 } };
    const topic = context.broker.metadata.image.topicByName(name);
    if (topic === undefined) {
      topics.push(unknownTopic(name));
      continue;
    }
    const first = name === cursor?.topicName ? cursor.partitionIndex : 0;
    const partitions = topic.partitions.slice(first, first + room);
    room -= partitions.length;
    topics.push({
      errorCode: ErrorCode.NONE,
      name,
      topicId: topic.id,
      isInternal: topic.isInternal,
      partitions: partitions.map(describe),
      topicAuthorizedOperations: ALL_TOPIC_OPERATIONS,
    });
    const next = first + partitions.length;
    if (next < topic.partitions.length) return { topics, nextCursor: { topicName: name, partitionIndex: next } };
  }
  return { topics, nextCursor: null };
}

function describe(partition: PartitionRegistration) {
  return {
    errorCode: ErrorCode.NONE,
    partitionIndex: partition.index,
    leaderId: partition.leader,
    leaderEpoch: partition.leaderEpoch,
    replicaNodes: partition.replicas,
    isrNodes: partition.isr,
    eligibleLeaderReplicas: [],
    lastKnownElr: [],
    offlineReplicas: [],
  };
}

function unknownTopic(name: string): TopicAnswer {
  const isLegal = topicNameProblem(name) === undefined;
  return {
    errorCode: isLegal ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.INVALID_TOPIC_EXCEPTION,
    name,
    isInternal: isInternalTopic(name),
    topicAuthorizedOperations: ALL_TOPIC_OPERATIONS,
  };
}
