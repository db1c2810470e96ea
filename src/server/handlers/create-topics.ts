/**
 * CreateTopics v2–7.
 *
 * v4 made -1 stand for the broker's own partition count and replication factor (KIP-464). v5 answers with both and with the settings of the new
 * topic (KIP-525), v6 is for quota errors, v7 answers with the topic's id.
 *
 * Differs from Apache Kafka: a replication factor up to 3 is accepted with fewer brokers, unless `replication.factor.strict`; the answer
 * says how many replicas there are, which is one. A topic can be used the moment the answer is written.
 */
import { pairs } from '../../base/pairs.ts';
import { describeTopic } from '../../config/describe.ts';
import type { CreateTopicResult } from '../../metadata/create-topics.ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import { CreateTopics } from '../../protocol/messages/create-topics.ts';
import type { ResponseOf } from '../../protocol/schema.ts';
import { handler, type RequestContext } from '../handler.ts';
import { splitDuplicates } from './duplicates.ts';

type TopicAnswer = NonNullable<ResponseOf<typeof CreateTopics>['topics']>[number];

const everySetting = { keys: null, includeSynonyms: false, includeDocumentation: false } as const;

export const createTopics = handler(CreateTopics, async (request, context) => {
  const { unique, duplicates } = splitDuplicates(request.topics, ({ name }) => name);
  if (request.timeoutMs <= 0) {
    return { topics: request.topics.map(({ name }) => refused(name, ErrorCode.REQUEST_TIMED_OUT, null)) };
  }
  const results = await context.broker.metadata.createTopics(unique, { validateOnly: request.validateOnly });
  return {
    topics: [
      ...pairs(unique, results).map(([topic, result]) => answer(topic.name, result, context)),
      ...duplicates.map((name) => refused(name, ErrorCode.INVALID_REQUEST, 'Duplicate topic name.')),
    ],
  };
});

function answer(name: string, result: CreateTopicResult, { broker }: RequestContext): TopicAnswer {
  if (result.kind === 'refused') return refused(name, result.error, result.message);
  return {
    name,
    topicId: result.id,
    errorCode: ErrorCode.NONE,
    errorMessage: null,
    numPartitions: result.numPartitions,
    replicationFactor: result.replicationFactor,
    // Its own settings are told as they were given; DescribeConfigs tells them as they were understood.
    configs: describeTopic(broker.config, result.configs, everySetting).map((row) => ({
      ...row,
      value: result.configs.get(row.name) ?? row.value,
    })),
  };
}

function refused(name: string, errorCode: ErrorCode, errorMessage: string | null): TopicAnswer {
  return { name, errorCode, errorMessage, configs: [] };
}
