/** How a decision becomes the two error fields that most answers have per topic, partition or resource. */
import type { Refusal } from '../../metadata/decision.ts';
import { ErrorCode } from '../../protocol/error-code.ts';

export function errorFields(result: Refusal | { readonly kind: string; readonly error?: never }): {
  readonly errorCode: ErrorCode;
  readonly errorMessage: string | null;
} {
  return result.error === undefined
    ? { errorCode: ErrorCode.NONE, errorMessage: null }
    : { errorCode: result.error, errorMessage: result.message };
}
