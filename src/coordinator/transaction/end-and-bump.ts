/**
 * EndTxn from v5 on (KIP-890): the producer goes on in the next epoch, so nothing that was sent for this transaction can open the next one by coming late. When the
 * epochs have run out, a new producer id takes over.
 *
 * A retry still has the old epoch. It is recognised by that, and gets the answer that the first request got.
 */
import { unreachable } from '../../base/assert.ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import { type EndReply, type EndRequest, endRefusal, isSameEnd, whileEnding } from './end-reply.ts';
import { isExhausted, LAST_CLIENT_EPOCH } from './producer-epoch.ts';
import { bumpsEpochs, NO_PRODUCER_ID, type Transaction } from './transaction.ts';
import type { TransactionState, TransactionTurn } from './transaction-state.ts';

export function endAndBump(state: TransactionState, turn: TransactionTurn, request: EndRequest): EndReply {
  const current = state.transactions.get(request.transactionalId);
  if (current === undefined) return endRefusal(ErrorCode.INVALID_PRODUCER_ID_MAPPING);
  const isRetry = hadThisEnd(current, request);
  if (current.producerId !== request.producerId && !isRetry) {
    return endRefusal(ErrorCode.INVALID_PRODUCER_ID_MAPPING);
  }
  if (current.producerEpoch !== request.producerEpoch && !isRetry) return endRefusal(ErrorCode.PRODUCER_FENCED);
  return isRetry ? endAgain(current, request.isCommit) : end(state, turn, request, current);
}

/** The epoch is the one before, or the last one of the producer id before. */
function hadThisEnd(current: Transaction, { producerId, producerEpoch }: EndRequest): boolean {
  if (!bumpsEpochs(current.clientVersion)) return false;
  if (producerId === current.producerId) return producerEpoch === current.producerEpoch - 1;
  const hasOverflown = producerId === current.previousProducerId && current.producerEpoch === 0;
  return hasOverflown && producerEpoch === LAST_CLIENT_EPOCH;
}

function end(state: TransactionState, turn: TransactionTurn, request: EndRequest, current: Transaction): EndReply {
  const { isCommit } = request;
  switch (current.status) {
    case 'Ongoing':
      return decide(state, turn, request, current);
    case 'PrepareCommit':
    case 'PrepareAbort':
      // With the new epoch it has been told how its last transaction ended: this ends the next one, and is only faster than the markers.
      return endRefusal(ErrorCode.CONCURRENT_TRANSACTIONS);
    case 'Empty':
    case 'CompleteCommit':
    case 'CompleteAbort':
      // The client aborts without knowing whether its first records arrived. Its epoch rises, so that they are refused if they still come.
      return isCommit
        ? endRefusal(ErrorCode.INVALID_TXN_STATE)
        : decide(state, turn, request, { ...current, startMs: turn.nowMs });
    case 'Dead':
    case 'PrepareEpochFence':
      return endRefusal(ErrorCode.INVALID_TXN_STATE);
    default:
      return unreachable(current.status);
  }
}

function endAgain(current: Transaction, isCommit: boolean): EndReply {
  const { producerId, producerEpoch } = current;
  switch (current.status) {
    case 'PrepareCommit':
    case 'PrepareAbort':
      return whileEnding(current.status, isCommit);
    case 'CompleteCommit':
    case 'CompleteAbort':
      return isSameEnd(current.status, isCommit)
        ? { kind: 'ended', producerId, producerEpoch }
        : endRefusal(ErrorCode.INVALID_TXN_STATE);
    // Somebody has become the producer since, or has begun the next transaction.
    case 'Empty':
    case 'Ongoing':
    case 'Dead':
    case 'PrepareEpochFence':
      return endRefusal(ErrorCode.PRODUCER_FENCED);
    default:
      return unreachable(current.status);
  }
}

function decide(state: TransactionState, turn: TransactionTurn, request: EndRequest, current: Transaction): EndReply {
  const { isCommit, clientVersion, freshProducerId } = request;
  const needsId = isExhausted(current.producerEpoch);
  if (needsId && freshProducerId === undefined) return { kind: 'needs-producer-id' };
  const nextProducerId = needsId && freshProducerId !== undefined ? freshProducerId : NO_PRODUCER_ID;
  const producerEpoch = current.producerEpoch + 1;
  state.advance(turn, current, {
    ...current,
    status: isCommit ? 'PrepareCommit' : 'PrepareAbort',
    producerEpoch,
    lastProducerEpoch: current.producerEpoch,
    nextProducerId,
    updateMs: turn.nowMs,
    clientVersion,
  });
  return needsId
    ? { kind: 'ended', producerId: nextProducerId, producerEpoch: 0 }
    : { kind: 'ended', producerId: current.producerId, producerEpoch };
}
