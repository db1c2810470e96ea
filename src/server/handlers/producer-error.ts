/** What clients are told that know no PRODUCER_FENCED yet (KIP-588). */
import { ErrorCode } from '../../protocol/error-code.ts';

export function producerError(error: ErrorCode): ErrorCode {
  return error === ErrorCode.PRODUCER_FENCED ? ErrorCode.INVALID_PRODUCER_EPOCH : error;
}
