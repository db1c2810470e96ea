/**
 * What a decision is: a look at the image that says which records to append and what to reply. Deciding changes nothing, waits for nothing
 * and may be repeated: when another broker was faster, the same question is asked again of the newer image.
 */
import { limits } from '../base/limits.ts';
import type { ErrorCode } from '../protocol/error-code.ts';
import type { ClusterRecord } from './cluster-record.ts';
import type { MetadataImage } from './metadata-image.ts';

export interface Decision<Reply> {
  readonly records: readonly ClusterRecord[];
  /** True once the records are applied. */
  readonly reply: Reply;
}

export type Decide<Reply> = (image: MetadataImage) => Decision<Reply>;

/** No, as Kafka's clients understand it. */
export interface Refusal {
  readonly kind: 'refused';
  readonly error: ErrorCode;
  /** Null where Kafka has nothing to say beyond the code. */
  readonly message: string | null;
}

export function refuse(error: ErrorCode, message: string | null): Refusal {
  return { kind: 'refused', error, message: message === null ? null : shortened(message) };
}

/** Messages quote what the client sent, and a string of the protocol has an end: 32,767 bytes. */
export function shortened(message: string): string {
  return message.length <= limits.errorMessageCharacters
    ? message
    : `${message.slice(0, limits.errorMessageCharacters)}…`;
}
