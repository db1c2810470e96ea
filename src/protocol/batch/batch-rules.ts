/** What a topic demands of a produced batch, and what a refused producer is told. */
import type { ErrorCode } from '../error-code.ts';

/** Named as in the topic settings, so that these can be handed over as they are. */
export interface BatchRules {
  readonly maxMessageBytes: number;
  readonly cleanupPolicy: readonly string[];
  readonly messageTimestampType: 'CreateTime' | 'LogAppendTime';
  /** How far a record's timestamp may lie before and after the broker's clock. */
  readonly messageTimestampBeforeMaxMs: number;
  readonly messageTimestampAfterMaxMs: number;
  /** `producer` keeps what the producer chose. */
  readonly compressionType: 'producer' | 'uncompressed' | 'gzip' | 'snappy' | 'lz4' | 'zstd';
  readonly compressionGzipLevel: number;
  readonly compressionZstdLevel: number;
}

export type CheckedBatch = ValidBatch | RefusedBatch;

export interface ValidBatch {
  readonly kind: 'valid';
  /** The one batch, with nothing after it: a view of what was sent, patched in place, or new bytes when the topic compresses by itself. */
  readonly batch: Uint8Array;
  /** -1 when the topic keeps the producer's timestamps. */
  readonly logAppendTimeMs: number;
}

export interface RefusedBatch {
  readonly kind: 'refused';
  readonly error: ErrorCode;
  readonly message: string | null;
  readonly recordErrors: readonly RecordError[];
  /** Whether the answer to this refusal tells the log start offset. */
  readonly tellsLogStart: boolean;
}

export interface RecordError {
  /** Which record of the batch, from 0. */
  readonly batchIndex: number;
  readonly batchIndexErrorMessage: string;
}
