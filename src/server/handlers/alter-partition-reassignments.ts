/**
 * AlterPartitionReassignments v0–1 (KIP-455): moves partitions to other brokers.
 *
 * v1 may forbid that the number of replicas changes (KIP-860); it never does here. A partition has one replica, so the first broker of the new list
 * becomes its leader and the move is over when the answer is written. Differs from Apache Kafka: further brokers of the list get no replica.
 */
import { pairs } from '../../base/pairs.ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import { AlterPartitionReassignments } from '../../protocol/messages/alter-partition-reassignments.ts';
import { handler } from '../handler.ts';
import { errorFields } from './error-fields.ts';

export const alterPartitionReassignments = handler(AlterPartitionReassignments, async (request, { broker }) => {
  const { topics, timeoutMs, allowReplicationFactorChange } = request;
  const asked = topics.flatMap(({ name, partitions }) =>
    partitions.map(({ partitionIndex, replicas }) => ({ topic: name, partition: partitionIndex, brokerIds: replicas })),
  );
  const isLate = timeoutMs <= 0;
  const outcomes = isLate
    ? asked.map(() => ({ errorCode: ErrorCode.REQUEST_TIMED_OUT, errorMessage: null }))
    : (await broker.metadata.reassignPartitions(asked)).map(errorFields);

  const remaining = [...outcomes];
  return {
    allowReplicationFactorChange,
    errorCode: isLate ? ErrorCode.REQUEST_TIMED_OUT : ErrorCode.NONE,
    // An answer about nothing has an empty message in Apache Kafka, any other has none.
    errorMessage: topics.length === 0 ? '' : null,
    responses: topics.map(({ name, partitions }) => ({
      name,
      partitions: pairs(partitions, remaining.splice(0, partitions.length)).map(([{ partitionIndex }, outcome]) => ({
        partitionIndex,
        ...outcome,
      })),
    })),
  };
});
