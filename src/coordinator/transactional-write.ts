/**
 * What a state and the runtime promise each other about records that belong to a producer's transaction (KIP-98). They are a batch of their own, with the producer
 * in its header, and the partition may refuse it: because the producer is fenced, or because nobody has admitted its transaction. So these records are not applied
 * when the command appends them but when the log has taken them.
 */
import type { VerificationGuard } from '../partition/transaction-verifications.ts';
import type { ErrorCode } from '../protocol/error-code.ts';
import type { Turn } from './state-machine.ts';

export interface TransactionalWriter {
  readonly producerId: number;
  readonly producerEpoch: number;
  /** What `beginVerification` gave before the transaction coordinator was asked. */
  readonly guard: VerificationGuard | undefined;
}

export interface TransactionalDecision<R, T> {
  readonly records: readonly R[];
  readonly reply: T;
}

/** Looks at the state and changes nothing. */
export type TransactionalCommand<S, R, T> = (state: S, turn: Pick<Turn<R>, 'nowMs'>) => TransactionalDecision<R, T>;

/** Whether the transaction coordinator has to be asked before a producer's transaction may begin in a partition (KIP-890). */
export type Verification =
  | { readonly kind: 'open' }
  | { readonly kind: 'needed'; readonly guard: VerificationGuard }
  | { readonly kind: 'refused'; readonly error: ErrorCode };
