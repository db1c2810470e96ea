/**
 * InitProducerId v0–5: an id for an idempotent producer, or an id and epoch for a transactional one, which fences whoever had the transactional id before (KIP-98).
 *
 * v2 is flexible, v3 lets a producer go on with the next epoch of its id (KIP-360), v4 says PRODUCER_FENCED (KIP-588), v5 allows TRANSACTION_ABORTABLE (KIP-890).
 *
 * Every call without a transactional id gets an id that nobody has had, at epoch 0. Differs from Apache Kafka: a retry is recognised after a restart of the broker too
 * (decision 0020).
 */
import type { Broker } from '../../broker/broker.ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import { InitProducerId } from '../../protocol/messages/init-producer-id.ts';
import { handler } from '../handler.ts';
import { producerError } from './producer-error.ts';

const NONE = -1;
const FENCED_VERSION = 4;

export const initProducerId = handler(InitProducerId, async (request, { broker, apiVersion }) => {
  const { transactionalId, transactionTimeoutMs, producerId, producerEpoch } = request;
  if (transactionalId === '') return refusal(ErrorCode.INVALID_REQUEST);
  // An id without its epoch, or an epoch without its id.
  if ((producerId === NONE) !== (producerEpoch === NONE)) return refusal(ErrorCode.INVALID_REQUEST);
  if (transactionalId === null) return initIdempotent(broker);
  const reply = await broker.transactions.initProducerId({
    transactionalId,
    timeoutMs: transactionTimeoutMs,
    expected: producerId === NONE ? undefined : { producerId, producerEpoch },
  });
  if (reply.kind === 'initialized') {
    return { errorCode: ErrorCode.NONE, producerId: reply.producerId, producerEpoch: reply.producerEpoch };
  }
  const error = reply.kind === 'refused' ? reply.error : ErrorCode.UNKNOWN_SERVER_ERROR;
  return refusal(apiVersion < FENCED_VERSION ? producerError(error) : error);
});

async function initIdempotent(broker: Broker) {
  try {
    return { errorCode: ErrorCode.NONE, producerId: await broker.producerIds.take(), producerEpoch: 0 };
  } catch (error) {
    broker.env.logger.warn({ err: error }, 'no producer id could be given out');
    return refusal(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS);
  }
}

function refusal(errorCode: ErrorCode) {
  return { errorCode, producerId: NONE, producerEpoch: NONE };
}
