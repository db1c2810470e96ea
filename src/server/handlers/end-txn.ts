/**
 * EndTxn v0–5: a producer commits or aborts. Answered when the decision is durable; the markers are written afterwards, whatever happens (invariant I18).
 *
 * v2 says PRODUCER_FENCED (KIP-588), v3 is flexible, v4 allows TRANSACTION_ABORTABLE, v5 raises the producer's epoch with every end (KIP-890).
 *
 * Differs from Apache Kafka: a decision survives every stop and crash until its last marker.
 */
import { EPOCH_BUMP_VERSION } from '../../coordinator/transaction/transaction.ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import { EndTxn } from '../../protocol/messages/end-txn.ts';
import { handler } from '../handler.ts';
import { producerError } from './producer-error.ts';

const FENCED_VERSION = 2;
const BUMP_VERSION = 5;

export const endTxn = handler(EndTxn, async (request, { broker, apiVersion }) => {
  const { transactionalId, producerId, producerEpoch, committed } = request;
  const reply = await broker.transactions.endTransaction({
    transactionalId,
    producerId,
    producerEpoch,
    isCommit: committed,
    clientVersion: apiVersion < BUMP_VERSION ? 0 : EPOCH_BUMP_VERSION,
  });
  if (reply.kind === 'ended') {
    return { errorCode: ErrorCode.NONE, producerId: reply.producerId, producerEpoch: reply.producerEpoch };
  }
  const error = reply.kind === 'refused' ? reply.error : ErrorCode.UNKNOWN_SERVER_ERROR;
  return { errorCode: apiVersion < FENCED_VERSION ? producerError(error) : error };
});
