/**
 * DescribeProducers v0: the producers that a partition remembers (KIP-664). Differs from Apache Kafka: nothing known.
 */
import { inOrder } from '../../base/in-order.ts';
import type { ProducerEntry } from '../../partition/producer-state.ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import { DescribeProducers } from '../../protocol/messages/describe-producers.ts';
import { handler } from '../handler.ts';

export const describeProducers = handler(DescribeProducers, async (request, { broker }) => ({
  topics: await inOrder(request.topics, async ({ name, partitionIndexes }) => ({
    name,
    partitions: await inOrder(partitionIndexes, async (partitionIndex) => {
      const partition = await broker.partitions.get(name, partitionIndex);
      if (name === '') {
        return { partitionIndex, errorCode: ErrorCode.INVALID_TOPIC_EXCEPTION, errorMessage: 'A topic has a name.' };
      }
      if (typeof partition === 'number') {
        // Of a topic that is there, Kafka says nothing about a partition that is not.
        const isKnownTopic = broker.metadata.image.topicByName(name) !== undefined;
        const errorMessage = isKnownTopic ? null : 'This broker does not have the topic.';
        return { partitionIndex, errorCode: partition, errorMessage };
      }
      const activeProducers = Array.from(partition.producers.entries(), describe);
      return { partitionIndex, errorCode: ErrorCode.NONE, activeProducers };
    }),
  })),
}));

function describe(entry: ProducerEntry) {
  return {
    producerId: entry.producerId,
    producerEpoch: entry.epoch,
    lastSequence: entry.batches.at(-1)?.lastSequence ?? -1,
    lastTimestamp: entry.lastTimestamp,
    coordinatorEpoch: entry.coordinatorEpoch,
    currentTxnStartOffset: entry.currentTxnFirstOffset,
  };
}
