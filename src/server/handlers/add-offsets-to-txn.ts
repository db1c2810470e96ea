/**
 * AddOffsetsToTxn v0–4: a group's offsets become part of a producer's transaction before TxnOffsetCommit (KIP-98). It is the group's partition of `__consumer_offsets` that
 * is added.
 *
 * v2 says PRODUCER_FENCED (KIP-588), v3 is flexible, v4 allows TRANSACTION_ABORTABLE (KIP-890). Differs from Apache Kafka: nothing known.
 */
import { coordinatorPartition } from '../../base/java-hash.ts';
import { addAfterLastTransaction } from '../../broker/after-last-transaction.ts';
import { CONSUMER_OFFSETS } from '../../metadata/topic-name.ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import { AddOffsetsToTxn } from '../../protocol/messages/add-offsets-to-txn.ts';
import { handler } from '../handler.ts';
import { producerError } from './producer-error.ts';

const FENCED_VERSION = 2;

export const addOffsetsToTxn = handler(AddOffsetsToTxn, async (request, { broker, apiVersion }) => {
  const { transactionalId, producerId, producerEpoch, groupId } = request;
  if (transactionalId === '') return { errorCode: ErrorCode.INVALID_REQUEST };
  await broker.metadata.ensureTopic(CONSUMER_OFFSETS);
  const count = broker.metadata.image.topicByName(CONSUMER_OFFSETS)?.partitions.length;
  if (count === undefined) return { errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE };
  const partitions = [{ topic: CONSUMER_OFFSETS, partition: coordinatorPartition(groupId, count) }];
  const errorCode = await addAfterLastTransaction(
    { transactionalId, producerId, producerEpoch, partitions, clientVersion: 0 },
    broker,
  );
  return { errorCode: apiVersion < FENCED_VERSION ? producerError(errorCode) : errorCode };
});
