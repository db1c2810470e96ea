/**
 * ElectLeaders v0–2 (KIP-183): would make the preferred or, v1 (KIP-460), any replica the leader. v2 is flexible.
 *
 * A partition has one replica here and it leads, so an election is never needed and no partition is ever told to have had one. Differs from
 * Apache Kafka: nothing known for one broker.
 */
import { shortened } from '../../metadata/decision.ts';
import type { MetadataImage } from '../../metadata/metadata-image.ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import { ElectLeaders } from '../../protocol/messages/elect-leaders.ts';
import type { RequestOf, ResponseOf } from '../../protocol/schema.ts';
import { handler } from '../handler.ts';

type AskedTopic = NonNullable<RequestOf<typeof ElectLeaders>['topicPartitions']>[number];

interface Outcome {
  readonly errorCode: ErrorCode;
  readonly errorMessage: string | null;
}

const PREFERRED = 0;
const UNCLEAN = 1;

export const electLeaders = handler(ElectLeaders, ({ electionType, topicPartitions, timeoutMs }, { broker }) => {
  // Null means all partitions, of which those that need no election are not told.
  const asked = topicPartitions ?? [];
  if (timeoutMs <= 0) return answerAll(asked, { errorCode: ErrorCode.REQUEST_TIMED_OUT, errorMessage: null });
  if (electionType !== PREFERRED && electionType !== UNCLEAN) {
    const errorMessage = `Unknown election type ${electionType}`;
    return answerAll(asked, { errorCode: ErrorCode.INVALID_REQUEST, errorMessage });
  }
  const { image } = broker.metadata;
  return {
    errorCode: ErrorCode.NONE,
    replicaElectionResults: results(asked, (topic, partition) => elect(topic, partition, image)),
  };
});

function elect(name: string, partition: number, image: MetadataImage): Outcome {
  const topic = image.topicByName(name);
  const unknown = (message: string) => ({
    errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    errorMessage: shortened(message),
  });
  if (topic === undefined) return unknown(`No such topic as ${name}`);
  if (topic.partitions[partition] === undefined) return unknown(`No such partition as ${name}-${partition}`);
  const errorMessage = 'Leader election not needed for topic partition.';
  return { errorCode: ErrorCode.ELECTION_NOT_NEEDED, errorMessage };
}

function answerAll(asked: readonly AskedTopic[], outcome: Outcome): ResponseOf<typeof ElectLeaders> {
  return { errorCode: outcome.errorCode, replicaElectionResults: results(asked, () => outcome) };
}

function results(asked: readonly AskedTopic[], outcomeOf: (topic: string, partition: number) => Outcome) {
  return asked.map(({ topic, partitions }) => ({
    topic,
    partitionResult: partitions.map((partitionId) => ({ partitionId, ...outcomeOf(topic, partitionId) })),
  }));
}
