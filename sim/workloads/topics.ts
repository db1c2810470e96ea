/** The topics of a simulated world, the truth about their partitions, and their creation through a client. */
import { ErrorCode, errorName } from '../../src/protocol/error-code.ts';
import { CreateTopics } from '../../src/protocol/messages/create-topics.ts';
import { Metadata } from '../../src/protocol/messages/metadata.ts';
import type { PartitionRules } from '../checkers/partition-truth.ts';
import { PartitionTruth } from '../checkers/partition-truth.ts';
import type { Client } from '../clients/client.ts';
import { violated } from '../world/world.ts';

export interface TopicPlan {
  readonly name: string;
  readonly partitions: number;
  readonly configs: Readonly<Record<string, string>>;
  readonly rules: Omit<PartitionRules, 'name'>;
}

export interface SimTopic extends TopicPlan {
  readonly id: string;
  readonly truths: readonly PartitionTruth[];
}

export interface SimPartition {
  readonly topic: SimTopic;
  readonly index: number;
  readonly truth: PartitionTruth;
}

/** Asks until it exists. */
export async function createTopic(client: Client, plan: TopicPlan): Promise<SimTopic> {
  const { name, partitions, configs, rules } = plan;
  for (;;) {
    await client.request(CreateTopics, 7, {
      topics: [
        {
          name,
          numPartitions: partitions,
          replicationFactor: 1,
          assignments: [],
          configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
        },
      ],
      timeoutMs: 10_000,
    });
    const id = await topicId(client, name);
    if (id === undefined) continue;
    client.note(`${name} is there with ${partitions} partitions`);
    const truths = Array.from({ length: partitions }, (_, index) => {
      return new PartitionTruth({ ...rules, name: `${name}-${index}` });
    });
    return { ...plan, id, truths };
  }
}

/** Undefined when it does not exist or nobody answered. */
export async function topicId(client: Client, name: string): Promise<string | undefined> {
  const answer = await client.request(Metadata, 12, { topics: [{ name }], allowAutoTopicCreation: false });
  const topic = answer?.topics[0];
  if (topic === undefined) return undefined;
  if (topic.errorCode === ErrorCode.NONE) return topic.topicId;
  if (topic.errorCode === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION) return undefined;
  return violated(`metadata of ${name}: ${errorName(topic.errorCode)}`);
}

export function partitionsOf(topics: readonly SimTopic[]): readonly SimPartition[] {
  return topics.flatMap((topic) => topic.truths.map((truth, index) => ({ topic, index, truth })));
}
