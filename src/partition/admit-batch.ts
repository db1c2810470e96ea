/**
 * The first half of an append: whether the bytes that a client sent for a partition are one batch that this topic takes. Pure; what the partition
 * itself knows (epochs, sequences, offsets) is judged afterwards, by the partition.
 */
import type { TopicSettings } from '../config/topic-settings.ts';
import type { LogId } from '../log/log-engine.ts';
import type { ErrorCode } from '../protocol/error-code.ts';

export interface RecordError {
  /** Which record of the batch, from 0. */
  readonly batchIndex: number;
  readonly batchIndexErrorMessage: string | null;
}

export interface BatchAdmission {
  readonly id: LogId;
  readonly settings: TopicSettings;
  /** The clock, milliseconds since the epoch. */
  readonly now: number;
  /** Before Produce v7 zstd is refused (KIP-110). */
  readonly produceVersion: number;
}

export type AdmittedBatch =
  | {
      readonly kind: 'admitted';
      /** The batch to append: the request's own bytes, or new ones when the topic compresses by itself. */
      readonly batch: Uint8Array;
      /** -1 when the topic keeps the producer's timestamps. */
      readonly logAppendTimeMs: number;
    }
  | {
      readonly kind: 'refused';
      readonly error: ErrorCode;
      readonly message: string | null;
      readonly recordErrors: readonly RecordError[];
      /** Whether Kafka's answer to this refusal tells the log start. */
      readonly tellsLogStart: boolean;
    };
