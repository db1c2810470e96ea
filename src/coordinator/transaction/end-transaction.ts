/**
 * EndTxn: the producer decides. The decision is the record that says PrepareCommit or PrepareAbort; what follows only carries it out. Before v5 the epoch stays
 * (here), from v5 on it rises with every end (`end-and-bump.ts`).
 */
import { unreachable } from '../../base/assert.ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import { endAndBump } from './end-and-bump.ts';
import { type EndReply, type EndRequest, endRefusal, isSameEnd, whileEnding } from './end-reply.ts';
import { bumpsEpochs, NO_EPOCH, NO_PRODUCER_ID } from './transaction.ts';
import type { TransactionState, TransactionTurn } from './transaction-state.ts';

export function endTransaction(state: TransactionState, turn: TransactionTurn, request: EndRequest): EndReply {
  return bumpsEpochs(request.clientVersion) ? endAndBump(state, turn, request) : endInEpoch(state, turn, request);
}

function endInEpoch(state: TransactionState, turn: TransactionTurn, request: EndRequest): EndReply {
  const { transactionalId, producerId, producerEpoch, isCommit } = request;
  const current = state.transactions.get(transactionalId);
  if (current === undefined || current.producerId !== producerId) {
    return endRefusal(ErrorCode.INVALID_PRODUCER_ID_MAPPING);
  }
  if (current.producerEpoch !== producerEpoch) return endRefusal(ErrorCode.PRODUCER_FENCED);
  const { status } = current;
  switch (status) {
    case 'Ongoing':
      state.advance(turn, current, {
        ...current,
        status: isCommit ? 'PrepareCommit' : 'PrepareAbort',
        nextProducerId: NO_PRODUCER_ID,
        lastProducerEpoch: NO_EPOCH,
        updateMs: turn.nowMs,
        clientVersion: request.clientVersion,
      });
      return { kind: 'ended', producerId, producerEpoch };
    case 'PrepareCommit':
    case 'PrepareAbort':
      return whileEnding(status, isCommit);
    case 'CompleteCommit':
    case 'CompleteAbort':
      // A retry, or a client that ends twice: either way this is how it ended.
      return isSameEnd(status, isCommit)
        ? { kind: 'ended', producerId, producerEpoch }
        : endRefusal(ErrorCode.INVALID_TXN_STATE);
    case 'Empty':
    case 'Dead':
    case 'PrepareEpochFence':
      return endRefusal(ErrorCode.INVALID_TXN_STATE);
    default:
      return unreachable(status);
  }
}
