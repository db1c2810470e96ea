/** What an append to a partition answers: its place, or the error that the client is told. */
import { unreachable } from '../base/assert.ts';
import type { RecordError } from '../protocol/batch/batch-rules.ts';
import { ErrorCode } from '../protocol/error-code.ts';
import type { ProducerRefusal } from './producer-state.ts';

export type AppendResult = Appended | AppendRefused;

export interface Appended {
  readonly kind: 'appended';
  /** True when the producer sent this batch before: the offsets are those of the first time and nothing was written. */
  readonly duplicate: boolean;
  readonly baseOffset: number;
  readonly lastOffset: number;
  /** -1 when the topic keeps the producer's timestamps. */
  readonly logAppendTimeMs: number;
  readonly logStartOffset: number;
}

export interface AppendRefused {
  readonly kind: 'refused';
  readonly error: ErrorCode;
  readonly message: string | null;
  readonly recordErrors: readonly RecordError[];
  /** -1 when Kafka's answer to this refusal does not tell it. */
  readonly logStartOffset: number;
}

type RefusalDetails = Pick<AppendRefused, 'message' | 'recordErrors'>;

const noDetails: RefusalDetails = { message: null, recordErrors: [] };

export function refused(error: ErrorCode, logStartOffset = -1, details = noDetails): AppendRefused {
  return { kind: 'refused', error, message: details.message, recordErrors: details.recordErrors, logStartOffset };
}

export function errorOfRefusal(refusal: ProducerRefusal): ErrorCode {
  switch (refusal.kind) {
    case 'out-of-order':
      return ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER;
    case 'old-epoch':
      return ErrorCode.INVALID_PRODUCER_EPOCH;
    case 'wrong-transaction':
      return ErrorCode.INVALID_TXN_STATE;
    default:
      return unreachable(refusal);
  }
}
