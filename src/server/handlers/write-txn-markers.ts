/**
 * WriteTxnMarkers v1–2: the ends of transactions, from another broker's coordinator or from a tool that aborts what hangs (KIP-98, KIP-664). Answered when they are durable.
 *
 * v1 is flexible, v2 has the transaction version, by which a partition judges epochs (KIP-1228). Differs from Apache Kafka: nothing known.
 */
import type { TransactionMarker } from '../../partition/transaction-marker.ts';
import type { ErrorCode } from '../../protocol/error-code.ts';
import { WriteTxnMarkers } from '../../protocol/messages/write-txn-markers.ts';
import type { RequestOf } from '../../protocol/schema.ts';
import { handler, type RequestContext } from '../handler.ts';
import { flatten, type TopicPartition } from './topic-partitions.ts';

type AskedMarker = RequestOf<typeof WriteTxnMarkers>['markers'][number];

const TRANSACTION_VERSION_VERSION = 2;

export const writeTxnMarkers = handler(WriteTxnMarkers, async (request, context) => {
  const written = await Promise.all(request.markers.map((asked) => write(asked, context)));
  const producers = new Map<number, TopicErrors>();
  for (const { producerId, results } of written) addResults(producers, producerId, results);
  return { markers: Array.from(producers, ([producerId, topics]) => ({ producerId, topics: topicsOf(topics) })) };
});

/** By topic and partition. */
type TopicErrors = Map<string, Map<number, ErrorCode>>;

interface MarkerResult extends TopicPartition {
  readonly error: ErrorCode;
}

async function write(asked: AskedMarker, { broker, apiVersion }: RequestContext) {
  const marker: TransactionMarker = {
    producerId: asked.producerId,
    producerEpoch: asked.producerEpoch,
    outcome: asked.transactionResult ? 'committed' : 'aborted',
    coordinatorEpoch: asked.coordinatorEpoch,
    transactionVersion: apiVersion < TRANSACTION_VERSION_VERSION ? 0 : asked.transactionVersion,
  };
  const partitions = flatten(
    asked.topics.map(({ name, partitionIndexes }) => ({ name, partitions: partitionIndexes })),
  );
  const results = await Promise.all(
    partitions.map(
      async (one): Promise<MarkerResult> => ({ ...one, error: await broker.markers.writeMarker(one, marker) }),
    ),
  );
  return { producerId: asked.producerId, results };
}

/** As in Apache Kafka a producer is answered once, with the last result of each partition, and not at all without any. */
function addResults(producers: Map<number, TopicErrors>, producerId: number, results: readonly MarkerResult[]): void {
  for (const { topic, partition, error } of results) {
    const topics = producers.get(producerId) ?? new Map<string, Map<number, ErrorCode>>();
    const errors = topics.get(topic) ?? new Map<number, ErrorCode>();
    producers.set(producerId, topics.set(topic, errors.set(partition, error)));
  }
}

function topicsOf(topics: TopicErrors) {
  return Array.from(topics, ([name, errors]) => ({
    name,
    partitions: Array.from(errors, ([partitionIndex, errorCode]) => ({ partitionIndex, errorCode })),
  }));
}
