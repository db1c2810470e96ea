/**
 * What Produce and TxnOffsetCommit ask the transaction coordinator before they write for a transaction that is not yet open in their partition
 * (KIP-890): no late write may open a transaction that nobody will end.
 */
import type { ErrorCode } from '../protocol/error-code.ts';

export interface TransactionAdmission {
  /**
   * One error code per partition, in order; NONE where the producer may write. `verify` asks whether the ongoing transaction has the partition already
   * (transactions v0 and v1), `add` takes it into the transaction (v2) and answers when that is durable.
   */
  admit(request: AdmissionRequest): readonly ErrorCode[] | Promise<readonly ErrorCode[]>;
}

export interface AdmissionRequest {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly partitions: readonly { readonly topic: string; readonly partition: number }[];
  readonly mode: 'verify' | 'add';
}
