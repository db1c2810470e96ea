/**
 * OffsetFetch v1–10: what groups have committed.
 *
 * v2 fetches all topics of a group and has an error for the group, v5 leader epochs (KIP-320), v6 is flexible, v7 can refuse offsets that a transaction may
 * still change (KIP-447), v8 asks for several groups (KIP-709), v9 has the member (KIP-848; not looked at in a classic group), v10 names topics by id.
 *
 * Differs from Apache Kafka: offsets of a topic that was deleted are never seen under a new topic of the same name.
 */
import type { FetchedTopic, TopicToFetch } from '../../coordinator/group/offsets/fetch-offsets.ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import { OffsetFetch } from '../../protocol/messages/offset-fetch.ts';
import type { RequestOf, ResponseOf } from '../../protocol/schema.ts';
import { handler, type RequestContext } from '../handler.ts';

type Request = RequestOf<typeof OffsetFetch>;
type Response = ResponseOf<typeof OffsetFetch>;
type AskedGroup = Request['groups'][number];
type GroupAnswer = NonNullable<Response['groups']>[number];

const GROUP_ERROR_VERSION = 2;
const GROUPS_VERSION = 8;
const TOPIC_IDS_VERSION = 10;

export const offsetFetch = handler(OffsetFetch, async (request, context) => {
  const { requireStable } = request;
  if (context.apiVersion >= GROUPS_VERSION) {
    return { groups: await Promise.all(request.groups.map((group) => fetchGroup(group, requireStable, context))) };
  }
  return fetchOne(request, context);
});

async function fetchGroup(asked: AskedGroup, requireStable: boolean, context: RequestContext): Promise<GroupAnswer> {
  const { groupId } = asked;
  const byId = context.apiVersion >= TOPIC_IDS_VERSION;
  const { image } = context.broker.metadata;
  const topics = asked.topics?.map(({ name, topicId, partitionIndexes }) => ({
    topicId,
    topic: byId ? image.topicById(topicId)?.name : name,
    partitions: partitionIndexes,
  }));
  const known = topics?.filter((topic) => topic.topic !== undefined);
  const fetched = await context.broker.groups.fetchOffsets({
    groupId,
    topics: known?.map(({ topic = '', partitions }) => ({ topic, partitions })),
    requireStable,
  });
  if (typeof fetched === 'number') return { groupId, errorCode: fetched };
  const answers = fetched.flatMap(({ topic, partitions }, index) => {
    // Looked up anew behind the await: the topic may be gone, and then nobody can name it by an id.
    const topicId = known?.[index]?.topicId ?? image.topicByName(topic)?.id;
    return byId && topicId === undefined ? [] : [{ name: topic, topicId, partitions }];
  });
  const unknown = (topics ?? [])
    .filter(({ topic }) => topic === undefined)
    .map(({ topicId, partitions }) => ({ topicId, partitions: refused(partitions, ErrorCode.UNKNOWN_TOPIC_ID) }));
  return { groupId, topics: [...answers, ...unknown] };
}

/** Before v8: one group, whose answer is the response itself. */
async function fetchOne({ groupId, topics, requireStable }: Request, context: RequestContext): Promise<Response> {
  const asked = topics?.map(({ name, partitionIndexes }) => ({ topic: name, partitions: partitionIndexes }));
  const fetched = await context.broker.groups.fetchOffsets({ groupId, topics: asked, requireStable });
  if (typeof fetched !== 'number') return { topics: fetched.map(named) };
  // Version 1 has no place for an error but the partitions.
  if (context.apiVersion >= GROUP_ERROR_VERSION) return { errorCode: fetched };
  return {
    topics: asked?.map(({ topic, partitions }: TopicToFetch) => ({
      name: topic,
      partitions: refused(partitions, fetched),
    })),
  };
}

function named({ topic, partitions }: FetchedTopic) {
  return { name: topic, partitions };
}

function refused(partitions: readonly number[], errorCode: ErrorCode) {
  return partitions.map((partitionIndex) => ({
    partitionIndex,
    committedOffset: -1,
    committedLeaderEpoch: -1,
    metadata: '',
    errorCode,
  }));
}
