/**
 * Reads the recorded batches for tests: the selection in this folder, or the full set where it is at hand. Never part
 * of the broker.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface BatchVector {
  readonly case: string;
  /** Null: the records field of the request is null. */
  readonly hex: string | null;
  readonly valid: boolean;
  readonly decoded: readonly DecodedBatchVector[];
  /** What Apache Kafka's own reader says; `ok` or the exception. */
  readonly reader?: string;
  readonly topicConfig?: Readonly<Record<string, string>>;
  readonly produce?: {
    readonly version: number;
    readonly transactionalId?: string;
    readonly errorCode: number;
    readonly errorMessage: string | null;
    readonly logStartOffset: number;
    readonly recordErrors: readonly { readonly batchIndex: number }[];
    readonly noAnswer?: boolean;
    readonly stored?: string;
    readonly storedHasClockTimes?: boolean;
  };
}

export interface DecodedBatchVector {
  readonly baseOffset: number | string;
  readonly magic: number;
  readonly sizeInBytes: number;
  readonly partitionLeaderEpoch: number;
  readonly crc: number;
  readonly attributes: number;
  readonly lastOffset: number | string;
  readonly baseTimestamp: number | string;
  readonly maxTimestamp: number | string;
  readonly producerId: number | string;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly lastSequence: number;
  readonly count: number;
  readonly deleteHorizonMs: number | null;
  readonly records: readonly RecordVector[];
}

export interface RecordVector {
  readonly offset: number | string;
  readonly timestamp: number | string;
  /** base64, or null; a long repeated value has a pattern instead. */
  readonly key?: string | null;
  readonly keyPattern?: object;
  readonly value?: string | null;
  readonly valuePattern?: object;
  readonly headers: readonly (readonly [string, string | null])[];
}

export function batchVectors(): readonly BatchVector[] {
  const folder = process.env['OTTLA_VECTORS'];
  const file = folder === undefined ? new URL('batches.jsonl', import.meta.url) : join(folder, 'batches.jsonl');
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line): BatchVector => JSON.parse(line));
}
