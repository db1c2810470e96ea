/** What EndTxn asks and is answered, in both of its ways. */
import { ErrorCode } from '../../protocol/error-code.ts';
import type { ProducerIdentity } from './init-producer-id.ts';
import type { TransactionStatus } from './transaction-status.ts';

export interface EndRequest extends ProducerIdentity {
  readonly transactionalId: string;
  readonly isCommit: boolean;
  readonly clientVersion: number;
  /** A producer id that nobody has had, in case that one is needed. */
  readonly freshProducerId: number | undefined;
}

export type EndReply =
  /** With whom the producer goes on. */
  | ({ readonly kind: 'ended' } & ProducerIdentity)
  /** To be asked again, with a fresh producer id. */
  | { readonly kind: 'needs-producer-id' }
  | { readonly kind: 'refused'; readonly error: ErrorCode };

export function endRefusal(error: ErrorCode): EndReply {
  return { kind: 'refused', error };
}

export function isSameEnd(status: TransactionStatus, isCommit: boolean): boolean {
  return isCommit
    ? status === 'PrepareCommit' || status === 'CompleteCommit'
    : status === 'PrepareAbort' || status === 'CompleteAbort';
}

/** The markers are being written: the client asks again, unless it wants the other end. */
export function whileEnding(status: TransactionStatus, isCommit: boolean): EndReply {
  return endRefusal(isSameEnd(status, isCommit) ? ErrorCode.CONCURRENT_TRANSACTIONS : ErrorCode.INVALID_TXN_STATE);
}
