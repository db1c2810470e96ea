/**
 * InitProducerId with a transactional id: whoever asks becomes its producer, and all that had it before are fenced by a higher epoch (KIP-98). A producer that
 * names the epoch it has goes on with the next one, and gets the same answer when it asks again (KIP-360).
 */
import { unreachable } from '../../base/assert.ts';
import { limits } from '../../base/limits.ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import { abortAndFence } from './fence.ts';
import { noPartitions } from './partition-set.ts';
import { isExhausted, isForClients } from './producer-epoch.ts';
import { NO_EPOCH, NO_PRODUCER_ID, NO_TIME, type Transaction } from './transaction.ts';
import type { TransactionState, TransactionTurn } from './transaction-state.ts';

export interface ProducerIdentity {
  readonly producerId: number;
  readonly producerEpoch: number;
}

export interface InitRequest {
  readonly transactionalId: string;
  readonly timeoutMs: number;
  /** Who the client believes to be. */
  readonly expected: ProducerIdentity | undefined;
  /** A producer id that nobody has had, in case that one is needed. */
  readonly freshProducerId: number | undefined;
}

export type InitReply =
  | ({ readonly kind: 'initialized' } & ProducerIdentity)
  /** To be asked again, with a fresh producer id. */
  | { readonly kind: 'needs-producer-id' }
  | { readonly kind: 'refused'; readonly error: ErrorCode };

export function initProducerId(state: TransactionState, turn: TransactionTurn, request: InitRequest): InitReply {
  const current = state.transactions.get(request.transactionalId);
  if (current === undefined) return initFirst(state, turn, request);
  if (!isPlausible(current, request.expected)) return initRefusal(ErrorCode.PRODUCER_FENCED);
  switch (current.status) {
    case 'PrepareCommit':
    case 'PrepareAbort':
      return initRefusal(ErrorCode.CONCURRENT_TRANSACTIONS);
    case 'Ongoing':
      // The client asks again until the markers are written. The epoch of the abort is never given to anybody who did not have the one before.
      abortAndFence(state, turn, current);
      return initRefusal(ErrorCode.CONCURRENT_TRANSACTIONS);
    case 'Empty':
    case 'CompleteCommit':
    case 'CompleteAbort':
      return initNext(state, turn, request, current);
    case 'Dead':
    case 'PrepareEpochFence':
      return initRefusal(ErrorCode.UNKNOWN_SERVER_ERROR);
    default:
      return unreachable(current.status);
  }
}

export function initRefusal(error: ErrorCode): InitReply {
  return { kind: 'refused', error };
}

function initFirst(state: TransactionState, turn: TransactionTurn, request: InitRequest): InitReply {
  const { transactionalId, timeoutMs, freshProducerId } = request;
  if (state.transactions.size >= limits.transactionalIdsPerPartition) return initRefusal(ErrorCode.POLICY_VIOLATION);
  if (freshProducerId === undefined) return { kind: 'needs-producer-id' };
  state.begin(turn, {
    transactionalId,
    status: 'Empty',
    producerId: freshProducerId,
    producerEpoch: 0,
    lastProducerEpoch: NO_EPOCH,
    previousProducerId: NO_PRODUCER_ID,
    nextProducerId: NO_PRODUCER_ID,
    timeoutMs,
    partitions: noPartitions,
    startMs: NO_TIME,
    updateMs: turn.nowMs,
    clientVersion: 0,
  });
  return { kind: 'initialized', producerId: freshProducerId, producerEpoch: 0 };
}

/** Whether the id is the one that is expected, or the one before, of which the last epoch can still be asked about. Epochs come later. */
function isPlausible(current: Transaction, expected: ProducerIdentity | undefined): boolean {
  if (expected === undefined || expected.producerId === current.producerId) return true;
  return expected.producerId === current.previousProducerId && isExhausted(expected.producerEpoch);
}

function initNext(
  state: TransactionState,
  turn: TransactionTurn,
  request: InitRequest,
  current: Transaction,
): InitReply {
  const { expected, freshProducerId } = request;
  const isCurrent = expected?.producerEpoch === current.producerEpoch;
  const isRetry = expected !== undefined && !isCurrent && expected.producerEpoch === current.lastProducerEpoch;
  if (expected !== undefined && !isCurrent && !isRetry) return initRefusal(ErrorCode.PRODUCER_FENCED);
  if (isRetry && isForClients(current.producerEpoch)) return initialize(state, turn, request, current);
  if (!isExhausted(current.producerEpoch)) {
    return initialize(state, turn, request, {
      ...current,
      producerEpoch: current.producerEpoch + 1,
      lastProducerEpoch: expected === undefined ? NO_EPOCH : current.producerEpoch,
    });
  }
  if (freshProducerId === undefined) return { kind: 'needs-producer-id' };
  return initialize(state, turn, request, {
    ...current,
    producerId: freshProducerId,
    producerEpoch: 0,
    previousProducerId: current.producerId,
    lastProducerEpoch: expected === undefined ? NO_EPOCH : expected.producerEpoch,
  });
}

/** `next` has the identity that the client gets; its transaction is over. */
function initialize(
  state: TransactionState,
  turn: TransactionTurn,
  { transactionalId, timeoutMs }: InitRequest,
  next: Transaction,
): InitReply {
  const current = state.transactions.get(transactionalId) ?? next;
  state.advance(turn, current, {
    ...next,
    status: 'Empty',
    timeoutMs,
    partitions: noPartitions,
    startMs: NO_TIME,
    updateMs: turn.nowMs,
  });
  return { kind: 'initialized', producerId: next.producerId, producerEpoch: next.producerEpoch };
}
