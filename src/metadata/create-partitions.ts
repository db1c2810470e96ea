/** Decides about more partitions for topics that exist. */
import { ErrorCode } from '../protocol/error-code.ts';
import type { ClusterRecord } from './cluster-record.ts';
import { newPartition, partitionLimitProblem } from './create-topics.ts';
import { type Decision, type Refusal, refuse } from './decision.ts';
import type { MetadataImage, TopicRegistration } from './metadata-image.ts';
import { assignmentProblem, type CordonedBrokers, cordonedProblem, placePartitions } from './placement.ts';

export interface MorePartitions {
  readonly name: string;
  /** What the topic shall have. */
  readonly count: number;
  /** The brokers of each new partition; null: anywhere. */
  readonly assignments: readonly { readonly brokerIds: readonly number[] }[] | null;
}

export type CreatePartitionsResult = { readonly kind: 'grown' } | Refusal;

/** One result per topic, in order. Names must differ. */
export function createPartitions(
  image: MetadataImage,
  topics: readonly MorePartitions[],
  cordoned: CordonedBrokers,
): Decision<readonly CreatePartitionsResult[]> {
  const added = topics.reduce((sum, topic) => sum + Math.max(0, topic.count - partitionCount(image, topic.name)), 0);
  const tooMany = partitionLimitProblem(image, added);
  if (tooMany !== undefined) return { records: [], reply: topics.map(() => tooMany) };
  const records: ClusterRecord[] = [];
  const reply = topics.map((request): CreatePartitionsResult => {
    const topic = image.topicByName(request.name);
    if (topic === undefined) return refuse(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, null);
    const problem = problemOf(image, topic, { request, cordoned });
    if (problem !== undefined) return problem;
    const present = topic.partitions.length;
    const leaders =
      request.assignments?.map(({ brokerIds }) => brokerIds[0] ?? -1) ??
      placePartitions(image, request.count - present, cordoned);
    records.push(
      ...leaders.map((leader, index) => newPartition({ topicId: topic.id, index: present + index, leader })),
    );
    return { kind: 'grown' };
  });
  return { records, reply };
}

function problemOf(
  image: MetadataImage,
  topic: TopicRegistration,
  { request, cordoned }: { request: MorePartitions; cordoned: CordonedBrokers },
): Refusal | undefined {
  const present = topic.partitions.length;
  const added = request.count - present;
  if (added === 0) return refuse(ErrorCode.INVALID_PARTITIONS, `Topic already has ${present} partition(s).`);
  if (added < 0) {
    const why = `The topic ${topic.name} currently has ${present} partition(s); ${request.count} would not be an increase.`;
    return refuse(ErrorCode.INVALID_PARTITIONS, why);
  }
  if (request.assignments === null) return cordonedProblem(image, cordoned);
  if (request.assignments.length !== added) {
    const why =
      `Attempted to add ${added} additional partition(s), but only ` +
      `${request.assignments.length} assignment(s) were specified.`;
    return refuse(ErrorCode.INVALID_REPLICA_ASSIGNMENT, why);
  }
  let size: number | undefined;
  for (const { brokerIds } of request.assignments) {
    const problem = assignmentProblem(image, brokerIds, size);
    if (problem !== undefined) return problem;
    size = brokerIds.length;
  }
  return undefined;
}

function partitionCount(image: MetadataImage, name: string): number {
  return image.topicByName(name)?.partitions.length ?? 0;
}
