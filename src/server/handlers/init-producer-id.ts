/**
 * InitProducerId v0–5: an id for an idempotent producer (KIP-98). v2 is flexible, v3 lets a transactional producer go on with its id (KIP-360), v4 and v5 have
 * more errors of transactions.
 *
 * Every call without a transactional id gets an id that nobody has had, at epoch 0. Differs from Apache Kafka: there is no transaction coordinator yet, so a
 * transactional id is answered COORDINATOR_NOT_AVAILABLE, as long as the client cares to ask.
 */
import { ErrorCode } from '../../protocol/error-code.ts';
import { InitProducerId } from '../../protocol/messages/init-producer-id.ts';
import { handler } from '../handler.ts';

const NONE = -1;

export const initProducerId = handler(InitProducerId, async (request, { broker }) => {
  const { transactionalId, producerId, producerEpoch } = request;
  if (transactionalId === '') return refusal(ErrorCode.INVALID_REQUEST);
  // An id without its epoch, or an epoch without its id.
  if ((producerId === NONE) !== (producerEpoch === NONE)) return refusal(ErrorCode.INVALID_REQUEST);
  if (transactionalId !== null) return refusal(ErrorCode.COORDINATOR_NOT_AVAILABLE);
  try {
    return { errorCode: ErrorCode.NONE, producerId: await broker.producerIds.take(), producerEpoch: 0 };
  } catch (error) {
    broker.env.logger.warn({ err: error }, 'no producer id could be given out');
    return refusal(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS);
  }
});

function refusal(errorCode: ErrorCode) {
  return { errorCode, producerId: NONE, producerEpoch: NONE };
}
