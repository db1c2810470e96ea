/**
 * AddPartitionsToTxn v0–5: partitions become part of a producer's transaction before it writes to them (KIP-98).
 *
 * v2 says PRODUCER_FENCED (KIP-588), v3 is flexible, v4 asks for several transactions and may only verify, v5 allows TRANSACTION_ABORTABLE (KIP-890).
 *
 * All partitions of a transaction are added or none: when one does not exist, the others are OPERATION_NOT_ATTEMPTED. Differs from Apache Kafka: v4 without any transaction is
 * answered.
 */
import { addAfterLastTransaction } from '../../broker/after-last-transaction.ts';
import type { PartitionsRequest } from '../../coordinator/transaction/add-partitions.ts';
import { EPOCH_BUMP_VERSION } from '../../coordinator/transaction/transaction.ts';
import { TRANSACTION_STATE } from '../../metadata/topic-name.ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import { AddPartitionsToTxn } from '../../protocol/messages/add-partitions-to-txn.ts';
import type { ResponseOf } from '../../protocol/schema.ts';
import { handler, type RequestContext } from '../handler.ts';
import { producerError } from './producer-error.ts';
import { type AskedTopic, byTopic, flatten } from './topic-partitions.ts';

type TopicResult = NonNullable<ResponseOf<typeof AddPartitionsToTxn>['resultsByTopicV3AndBelow']>[number];

interface AskedTransaction {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly verifyOnly: boolean;
  readonly topics: readonly AskedTopic[];
}

const FENCED_VERSION = 2;
const BATCHED_VERSION = 4;

export const addPartitionsToTxn = handler(AddPartitionsToTxn, async (request, context) => {
  if (context.apiVersion < BATCHED_VERSION) {
    const asked = {
      transactionalId: request.v3AndBelowTransactionalId,
      producerId: request.v3AndBelowProducerId,
      producerEpoch: request.v3AndBelowProducerEpoch,
      verifyOnly: false,
      topics: request.v3AndBelowTopics,
    };
    return { resultsByTopicV3AndBelow: await resultsOf(asked, context) };
  }
  const resultsByTransaction = await Promise.all(
    request.transactions.map(async (asked) => ({
      transactionalId: asked.transactionalId,
      topicResults: await resultsOf(asked, context),
    })),
  );
  return { errorCode: ErrorCode.NONE, resultsByTransaction };
});

async function resultsOf(asked: AskedTransaction, context: RequestContext): Promise<TopicResult[]> {
  const errors = await errorsOf(asked, context);
  const topics = byTopic(asked.topics, (partitionIndex, place) => ({
    partitionIndex,
    partitionErrorCode: errors[place] ?? ErrorCode.UNKNOWN_SERVER_ERROR,
  }));
  return topics.map(({ name, partitions }) => ({ name, resultsByPartition: [...partitions] }));
}

/** One error code per partition, in order. */
async function errorsOf(asked: AskedTransaction, context: RequestContext): Promise<readonly ErrorCode[]> {
  const { broker, apiVersion } = context;
  const partitions = flatten(asked.topics);
  const problems = partitions.map(({ topic, partition }) => problemOf(topic, partition, context));
  if (problems.some((problem) => problem !== ErrorCode.NONE)) {
    return problems.map((problem) => (problem === ErrorCode.NONE ? ErrorCode.OPERATION_NOT_ATTEMPTED : problem));
  }
  const request: PartitionsRequest = {
    transactionalId: asked.transactionalId,
    producerId: asked.producerId,
    producerEpoch: asked.producerEpoch,
    partitions,
    clientVersion: apiVersion < BATCHED_VERSION ? 0 : EPOCH_BUMP_VERSION,
  };
  if (asked.verifyOnly) return broker.transactions.verifyPartitions(request);
  const error = await addAfterLastTransaction(request, broker);
  return partitions.map(() => (apiVersion < FENCED_VERSION ? producerError(error) : error));
}

function problemOf(topic: string, partition: number, { broker, apiVersion }: RequestContext): ErrorCode {
  // Other brokers add what they were asked to write to; clients have no business in the coordinator's own topic.
  if (topic === TRANSACTION_STATE && apiVersion < BATCHED_VERSION) return ErrorCode.TOPIC_AUTHORIZATION_FAILED;
  const exists = broker.metadata.image.topicByName(topic)?.partitions[partition] !== undefined;
  return exists ? ErrorCode.NONE : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
}
