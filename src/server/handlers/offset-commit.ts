/**
 * OffsetCommit v2–10: a group writes down how far it has come. Answered when that is durable.
 *
 * v2 to v4 may name a retention time, v5 leaves it to the broker (KIP-211), v6 has leader epochs (KIP-320), v7 static members (KIP-345), v8 is flexible, v9 says
 * GROUP_ID_NOT_FOUND (KIP-848), v10 names topics by id.
 *
 * Differs from Apache Kafka: the answer has the partitions in the order of the request.
 */
import type { TopicRegistration } from '../../metadata/metadata-image.ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import { OffsetCommit } from '../../protocol/messages/offset-commit.ts';
import type { RequestOf } from '../../protocol/schema.ts';
import { handler, type RequestContext } from '../handler.ts';
import { mapSoon } from '../soon.ts';
import { answersFor, offsetsToCommit, withTopics } from './committed-partitions.ts';

type AskedTopic = RequestOf<typeof OffsetCommit>['topics'][number];

const TOPIC_IDS_VERSION = 10;

export const offsetCommit = handler(OffsetCommit, (request, context) => {
  const topics = withTopics(request.topics, (asked) => findTopic(asked, context));
  const partitions = offsetsToCommit(topics);
  const committed =
    partitions.length === 0
      ? []
      : context.broker.groups.commitOffsets({
          groupId: request.groupId,
          memberId: request.memberId,
          instanceId: request.groupInstanceId,
          generation: request.generationIdOrMemberEpoch,
          apiVersion: context.apiVersion,
          retentionMs: request.retentionTimeMs === -1 ? undefined : request.retentionTimeMs,
          partitions,
        });
  context.admitNext();
  return mapSoon(committed, (outcomes) => ({
    topics: answersFor(topics, outcomes, (topic) => unknownError(topic, context)),
  }));
});

function findTopic(
  { name, topicId }: AskedTopic,
  { broker, apiVersion }: RequestContext,
): TopicRegistration | undefined {
  const { image } = broker.metadata;
  return apiVersion >= TOPIC_IDS_VERSION ? image.topicById(topicId) : image.topicByName(name);
}

function unknownError(topic: TopicRegistration | undefined, { apiVersion }: RequestContext): ErrorCode {
  return topic === undefined && apiVersion >= TOPIC_IDS_VERSION
    ? ErrorCode.UNKNOWN_TOPIC_ID
    : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
}
