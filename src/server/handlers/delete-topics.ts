/**
 * DeleteTopics v1–6.
 *
 * v3 has an error of its own when `delete.topic.enable` is false, v5 error messages (KIP-599), v6 deletes by id as well (KIP-516).
 *
 * A deleted topic is gone for everybody when the answer is written; its files go in the background. Differs from Apache Kafka: nothing known.
 */
import { pairs } from '../../base/pairs.ts';
import type { DeleteTopicResult, TopicReference } from '../../metadata/delete-topics.ts';
import type { MetadataImage } from '../../metadata/metadata-image.ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import { DeleteTopics } from '../../protocol/messages/delete-topics.ts';
import type { RequestOf, ResponseOf } from '../../protocol/schema.ts';
import { ZERO_UUID } from '../../protocol/uuid.ts';
import { handler } from '../handler.ts';
import { splitDuplicates } from './duplicates.ts';

type Request = RequestOf<typeof DeleteTopics>;
type TopicAnswer = NonNullable<ResponseOf<typeof DeleteTopics>['responses']>[number];
type AskedTopic = Request['topics'][number];

/** From here on clients know TOPIC_DELETION_DISABLED. */
const DELETION_DISABLED_VERSION = 3;
const TOPIC_IDS_VERSION = 6;

export const deleteTopics = handler(DeleteTopics, async (request, { apiVersion, broker }) => {
  const asked = askedTopics(request, apiVersion);
  if (!broker.config.get('delete.topic.enable')) {
    const isKnown = apiVersion >= DELETION_DISABLED_VERSION;
    return refuseAll(asked, isKnown ? ErrorCode.TOPIC_DELETION_DISABLED : ErrorCode.INVALID_REQUEST);
  }
  if (request.timeoutMs <= 0) return refuseAll(asked, ErrorCode.REQUEST_TIMED_OUT);
  const { references, refused } = referencesOf(asked, broker.metadata.image);
  const results = await broker.metadata.deleteTopics(references);
  return { responses: [...pairs(references, results).map(answer), ...refused] };
});

function askedTopics({ topics, topicNames }: Request, version: number): readonly AskedTopic[] {
  return version >= TOPIC_IDS_VERSION ? topics : topicNames.map((name) => ({ name, topicId: ZERO_UUID }));
}

function refuseAll(asked: readonly AskedTopic[], errorCode: ErrorCode) {
  return { responses: asked.map(({ name, topicId }) => ({ name, topicId, errorCode })) };
}

/** What was asked for in a way that can be understood, and the answers to the rest. */
function referencesOf(asked: readonly AskedTopic[], image: MetadataImage) {
  const refused: TopicAnswer[] = [];
  const refuse = (topic: AskedTopic, errorMessage: string) => {
    refused.push({ ...topic, errorCode: ErrorCode.INVALID_REQUEST, errorMessage });
  };
  const names: string[] = [];
  const ids: string[] = [];
  for (const topic of asked) {
    const hasId = topic.topicId !== ZERO_UUID;
    if (topic.name !== null && hasId) refuse(topic, 'You may not specify both topic name and topic id.');
    else if (topic.name !== null) names.push(topic.name);
    else if (hasId) ids.push(topic.topicId);
    else refuse(topic, 'Neither topic name nor id were specified.');
  }
  const byName = splitDuplicates(names, (name) => name);
  const byId = splitDuplicates(ids, (id) => id);
  for (const name of byName.duplicates) refuse({ name, topicId: ZERO_UUID }, 'Duplicate topic name.');
  for (const topicId of byId.duplicates) refuse({ name: null, topicId }, 'Duplicate topic id.');

  const references: TopicReference[] = [];
  const meantTwice = new Set<string>();
  for (const name of byName.unique) {
    const topicId = image.topicByName(name)?.id;
    if (topicId === undefined || !byId.unique.includes(topicId)) references.push({ name });
    else {
      meantTwice.add(topicId);
      refuse({ name, topicId }, 'The provided topic name maps to an ID that was already supplied.');
    }
  }
  for (const id of byId.unique) if (!meantTwice.has(id)) references.push({ name: null, id });
  return { references, refused };
}

function answer([reference, result]: readonly [TopicReference, DeleteTopicResult]): TopicAnswer {
  if (result.kind === 'deleted') return { name: result.name, topicId: result.id, errorCode: ErrorCode.NONE };
  const topicId = reference.name === null ? reference.id : ZERO_UUID;
  return { name: reference.name, topicId, errorCode: result.error, errorMessage: result.message };
}
