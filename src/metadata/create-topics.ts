/** Decides about new topics: their names, partitions, leaders and settings. The order of the checks is Kafka's: clients see which comes first. */

import { limits } from '../base/limits.ts';
import { newTopic } from '../config/alter.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import { ErrorCode } from '../protocol/error-code.ts';
import type { ClusterRecord, PartitionCreated } from './cluster-record.ts';
import { ConfigResourceType } from './config-resource.ts';
import { type Decision, type Refusal, refuse } from './decision.ts';
import type { MetadataImage } from './metadata-image.ts';
import {
  assignmentProblem,
  type CordonedBrokers,
  cordonedProblem,
  placePartitions,
  replicationFactorProblem,
} from './placement.ts';
import { hasCollisionCharacters, topicNameProblem } from './topic-name.ts';

/** -1 partitions or replicas: the broker's default, or those of `assignments` where there are any. */
export interface NewTopic {
  readonly name: string;
  readonly numPartitions: number;
  readonly replicationFactor: number;
  readonly assignments: readonly { readonly partitionIndex: number; readonly brokerIds: readonly number[] }[];
  readonly configs: readonly { readonly name: string; readonly value: string | null }[];
}

export type CreateTopicResult = TopicCreation | Refusal;

export interface TopicCreation {
  readonly kind: 'created';
  readonly id: string;
  readonly numPartitions: number;
  /** How many replicas each partition has, whatever was asked for. */
  readonly replicationFactor: number;
  readonly configs: ReadonlyMap<string, string>;
}

export interface CreateTopicsOptions {
  readonly config: BrokerConfig;
  readonly cordoned: CordonedBrokers;
  /** Makes an id that no topic has had. */
  readonly newTopicId: () => string;
}

/** One result per topic, in order. Names must differ. */
export function createTopics(
  image: MetadataImage,
  topics: readonly NewTopic[],
  options: CreateTopicsOptions,
): Decision<readonly CreateTopicResult[]> {
  const tooMany = tooManyPartitions(image, topics, options.config);
  if (tooMany !== undefined) return { records: [], reply: topics.map(() => tooMany) };
  const records: ClusterRecord[] = [];
  const reply = topics.map((topic) => {
    const created = createTopic(image, topic, options);
    if (created.kind === 'refused') return created;
    records.push(...created.records);
    return created.result;
  });
  return { records, reply };
}

function createTopic(
  image: MetadataImage,
  topic: NewTopic,
  { config, cordoned, newTopicId }: CreateTopicsOptions,
): { kind: 'accepted'; records: readonly ClusterRecord[]; result: TopicCreation } | Refusal {
  const problem = nameProblem(image, topic.name);
  if (problem !== undefined) return problem;
  const configs = newTopic(config, topic.configs);
  if (configs.kind === 'refused') return refuse(ErrorCode.INVALID_CONFIG, configs.message);
  const isAssigned = topic.assignments.length > 0;
  const leaders = isAssigned ? assignedLeaders(image, topic) : placedLeaders(image, topic, { config, cordoned });
  if (!isList(leaders)) return leaders;

  const id = newTopicId();
  return {
    kind: 'accepted',
    records: [
      { kind: 'topic', name: topic.name, topicId: id },
      ...[...configs.overrides].map(([name, value]) => topicConfig(topic.name, name, value)),
      ...leaders.map((leader, index) => newPartition({ topicId: id, index, leader })),
    ],
    result: { kind: 'created', id, numPartitions: leaders.length, replicationFactor: 1, configs: configs.overrides },
  };
}

/** A partition as it begins: one replica, which leads. */
export function newPartition({
  topicId,
  index,
  leader,
}: {
  topicId: string;
  index: number;
  leader: number;
}): PartitionCreated {
  return {
    kind: 'partition',
    topicId,
    partitionId: index,
    replicas: [leader],
    isr: [leader],
    leader,
    leaderEpoch: 0,
    partitionEpoch: 0,
  };
}

function topicConfig(topic: string, name: string, value: string): ClusterRecord {
  return { kind: 'config', resourceType: ConfigResourceType.TOPIC, resourceName: topic, name, value };
}

function nameProblem(image: MetadataImage, name: string): Refusal | undefined {
  if (image.topicByName(name) !== undefined) {
    return refuse(ErrorCode.TOPIC_ALREADY_EXISTS, `Topic '${name}' already exists.`);
  }
  const problem = topicNameProblem(name);
  if (problem !== undefined) return refuse(ErrorCode.INVALID_TOPIC_EXCEPTION, problem);
  const [like] = hasCollisionCharacters(name) ? image.topicsLike(name) : [];
  return like === undefined
    ? undefined
    : refuse(ErrorCode.INVALID_TOPIC_EXCEPTION, `Topic '${name}' collides with existing topic: ${like}`);
}

function assignedLeaders(image: MetadataImage, topic: NewTopic): readonly number[] | Refusal {
  const manual = 'A manual partition assignment was specified, but';
  if (topic.replicationFactor !== -1) {
    return refuse(ErrorCode.INVALID_REQUEST, `${manual} replication factor was not set to -1.`);
  }
  if (topic.numPartitions !== -1) {
    return refuse(ErrorCode.INVALID_REQUEST, `${manual} numPartitions was not set to -1.`);
  }
  const leaders = new Map<number, number>();
  let size: number | undefined;
  for (const { partitionIndex, brokerIds } of topic.assignments) {
    if (leaders.has(partitionIndex)) {
      const why = `Found multiple manual partition assignments for partition ${partitionIndex}`;
      return refuse(ErrorCode.INVALID_REPLICA_ASSIGNMENT, why);
    }
    const problem = assignmentProblem(image, brokerIds, size);
    if (problem !== undefined) return problem;
    size = brokerIds.length;
    leaders.set(partitionIndex, brokerIds[0] ?? -1);
  }
  const inOrder: number[] = [];
  for (let index = 0; index < leaders.size; index += 1) {
    const leader = leaders.get(index);
    if (leader === undefined) {
      const why = 'partitions should be a consecutive 0-based integer sequence';
      return refuse(ErrorCode.INVALID_REPLICA_ASSIGNMENT, why);
    }
    inOrder.push(leader);
  }
  return inOrder;
}

function placedLeaders(
  image: MetadataImage,
  topic: NewTopic,
  { config, cordoned }: Pick<CreateTopicsOptions, 'config' | 'cordoned'>,
): readonly number[] | Refusal {
  if (topic.replicationFactor < -1 || topic.replicationFactor === 0) {
    const why = 'Replication factor must be larger than 0, or -1 to use the default value.';
    return refuse(ErrorCode.INVALID_REPLICATION_FACTOR, why);
  }
  if (topic.numPartitions < -1 || topic.numPartitions === 0) {
    return refuse(ErrorCode.INVALID_PARTITIONS, 'Number of partitions was set to an invalid non-positive value.');
  }
  const replicas = topic.replicationFactor === -1 ? config.get('default.replication.factor') : topic.replicationFactor;
  const nowhere = cordonedProblem(image, cordoned);
  if (nowhere !== undefined) {
    return { ...nowhere, message: `Unable to replicate the partition ${replicas} time(s): ${nowhere.message}` };
  }
  const problem = replicationFactorProblem(image, replicas, config.get('replication.factor.strict'));
  return problem ?? placePartitions(image, partitionCountOf(topic, config), cordoned);
}

function partitionCountOf(topic: NewTopic, config: BrokerConfig): number {
  if (topic.assignments.length > 0) return topic.assignments.length;
  return topic.numPartitions === -1 ? config.get('num.partitions') : Math.max(topic.numPartitions, 0);
}

/** One request may only make so many partitions, as in Kafka, and the cluster can only have so many. */
function tooManyPartitions(
  image: MetadataImage,
  topics: readonly NewTopic[],
  config: BrokerConfig,
): Refusal | undefined {
  const count = topics.reduce((sum, topic) => sum + partitionCountOf(topic, config), 0);
  return partitionLimitProblem(image, count);
}

export function partitionLimitProblem(image: MetadataImage, added: number): Refusal | undefined {
  if (added > limits.newPartitionsPerRequest) {
    return refuse(ErrorCode.POLICY_VIOLATION, 'Excessively large number of partitions per request.');
  }
  if (image.partitionCount + added > limits.partitions) {
    return refuse(
      ErrorCode.POLICY_VIOLATION,
      `The cluster has ${image.partitionCount} partitions, which is its limit.`,
    );
  }
  return undefined;
}

function isList(leaders: readonly number[] | Refusal): leaders is readonly number[] {
  return Array.isArray(leaders);
}
