/**
 * Metadata v0–13: the brokers, and topics with their partitions and leaders.
 *
 * v1 added racks, the controller and internal topics, and made null mean all topics (v0: an empty list). v2 the cluster id. v4 lets the client
 * forbid automatic creation (KIP-204). v5 offline replicas (KIP-112). v7 leader epochs (KIP-320). v8 authorized operations (KIP-430; the cluster's left
 * again with v11, KIP-700). v9 is flexible. v10 topic ids in the answer, v12 in the request (KIP-516). v13 an error for the whole (KIP-1102).
 *
 * A topic that is created because somebody asked for it is first answered as unknown, as in Apache Kafka; clients ask again. Differs from Apache
 * Kafka: in a request that has both, topics by name are answered beside those by id; and every broker names itself as controller, because each
 * can do what clients ask of one.
 */

import type { MetadataImage, PartitionRegistration, TopicRegistration } from '../../metadata/metadata-image.ts';
import { isInternalTopic, topicNameProblem } from '../../metadata/topic-name.ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import { Metadata } from '../../protocol/messages/metadata.ts';
import type { RequestOf, ResponseOf } from '../../protocol/schema.ts';
import { ZERO_UUID } from '../../protocol/uuid.ts';
import { ALL_CLUSTER_OPERATIONS, ALL_TOPIC_OPERATIONS, OPERATIONS_NOT_ASKED } from '../authorized-operations.ts';
import { brokerAddresses } from '../broker-addresses.ts';
import { handler, type RequestContext } from '../handler.ts';

type Request = RequestOf<typeof Metadata>;
type Response = ResponseOf<typeof Metadata>;
type TopicAnswer = NonNullable<Response['topics']>[number];
type AskedTopic = NonNullable<Request['topics']>[number];

/** From here on a topic may be asked for by its id. */
const TOPIC_IDS_VERSION = 12;

export const metadata = handler(Metadata, (request, context) => {
  const asked = askedTopics(request, context.apiVersion);
  const problem = asked === undefined ? undefined : problemOf(asked, context.apiVersion);
  if (asked !== undefined && problem !== undefined) return refusal(asked, problem);
  const { broker } = context;
  const { image } = broker.metadata;
  const found = asked === undefined ? everyTopic(image) : findTopics(asked, request, context);
  const topicAuthorizedOperations = request.includeTopicAuthorizedOperations
    ? ALL_TOPIC_OPERATIONS
    : OPERATIONS_NOT_ASKED;
  return {
    brokers: brokerAddresses(context),
    clusterId: broker.metadata.clusterId,
    controllerId: broker.nodeId,
    topics: found.map((answer) => ({ ...answer, topicAuthorizedOperations })),
    clusterAuthorizedOperations: request.includeClusterAuthorizedOperations
      ? ALL_CLUSTER_OPERATIONS
      : OPERATIONS_NOT_ASKED,
  };
});

/** Undefined: all. */
function askedTopics({ topics }: Request, version: number): readonly AskedTopic[] | undefined {
  if (topics === null || (version === 0 && topics.length === 0)) return undefined;
  return topics;
}

/** What is wrong with the request as a whole. */
function problemOf(asked: readonly AskedTopic[], version: number): ErrorCode | undefined {
  for (const { name, topicId } of asked) {
    if (version < TOPIC_IDS_VERSION && (name === null || topicId !== ZERO_UUID)) return ErrorCode.INVALID_REQUEST;
    if (name === null && topicId === ZERO_UUID) return ErrorCode.UNKNOWN_SERVER_ERROR;
  }
  return undefined;
}

function refusal(asked: readonly AskedTopic[], errorCode: ErrorCode): Response {
  return { errorCode, topics: asked.map(({ name, topicId }) => ({ errorCode, name: name ?? '', topicId })) };
}

function everyTopic(image: MetadataImage): TopicAnswer[] {
  return Array.from(image.topics(), (topic) => describe(topic, image));
}

/** Each topic once, however often and by whichever name it was asked for. */
function findTopics(asked: readonly AskedTopic[], request: Request, { broker }: RequestContext): TopicAnswer[] {
  const { image } = broker.metadata;
  const answers = new Map<string, TopicAnswer>();
  const unknownNames: string[] = [];
  for (const { name, topicId } of asked) {
    const topic = topicId === ZERO_UUID ? image.topicByName(name ?? '') : image.topicById(topicId);
    if (topic !== undefined) answers.set(`id ${topic.id}`, describe(topic, image));
    else if (topicId !== ZERO_UUID) answers.set(`id ${topicId}`, unknownId(topicId));
    else if (name !== null && !answers.has(`name ${name}`)) {
      answers.set(`name ${name}`, unknownTopic(name));
      if (topicNameProblem(name) === undefined) unknownNames.push(name);
    }
  }
  const mayCreate = request.allowAutoTopicCreation && broker.config.get('auto.create.topics.enable');
  if (mayCreate && unknownNames.length > 0) broker.metadata.createAutomatically(unknownNames);
  return [...answers.values()];
}

function unknownId(topicId: string): TopicAnswer {
  return { errorCode: ErrorCode.UNKNOWN_TOPIC_ID, name: null, topicId };
}

function unknownTopic(name: string): TopicAnswer {
  const isLegal = topicNameProblem(name) === undefined;
  const errorCode = isLegal ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.INVALID_TOPIC_EXCEPTION;
  return { errorCode, name, isInternal: isInternalTopic(name) };
}

function describe(topic: TopicRegistration, image: MetadataImage): TopicAnswer {
  return {
    errorCode: ErrorCode.NONE,
    name: topic.name,
    topicId: topic.id,
    isInternal: topic.isInternal,
    partitions: topic.partitions.map((partition) => describePartition(partition, image)),
  };
}

function describePartition(partition: PartitionRegistration, image: MetadataImage) {
  return {
    errorCode: image.brokers.has(partition.leader) ? ErrorCode.NONE : ErrorCode.LEADER_NOT_AVAILABLE,
    partitionIndex: partition.index,
    leaderId: partition.leader,
    leaderEpoch: partition.leaderEpoch,
    replicaNodes: partition.replicas,
    isrNodes: partition.isr,
    offlineReplicas: [],
  };
}
