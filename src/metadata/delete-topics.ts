/** Decides about topics that shall go. Their bytes go later: from the moment the records are applied nobody can reach them. */
import { ErrorCode } from '../protocol/error-code.ts';
import type { ClusterRecord } from './cluster-record.ts';
import { type Decision, type Refusal, refuse } from './decision.ts';
import type { MetadataImage } from './metadata-image.ts';

/** A topic as a client means it: by its name, or (name null) by its id. */
export type TopicReference = { readonly name: string } | { readonly name: null; readonly id: string };

export type DeleteTopicResult = { readonly kind: 'deleted'; readonly name: string; readonly id: string } | Refusal;

/** One result per topic, in order. No topic may be meant twice. */
export function deleteTopics(
  image: MetadataImage,
  topics: readonly TopicReference[],
): Decision<readonly DeleteTopicResult[]> {
  const records: ClusterRecord[] = [];
  const reply = topics.map((reference): DeleteTopicResult => {
    const topic = reference.name === null ? image.topicById(reference.id) : image.topicByName(reference.name);
    if (topic === undefined) return unknown(reference);
    records.push({ kind: 'removeTopic', topicId: topic.id });
    return { kind: 'deleted', name: topic.name, id: topic.id };
  });
  return { records, reply };
}

function unknown(reference: TopicReference): Refusal {
  return reference.name === null
    ? refuse(ErrorCode.UNKNOWN_TOPIC_ID, 'This server does not host this topic ID.')
    : refuse(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, 'This server does not host this topic-partition.');
}
