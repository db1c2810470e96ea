/** Record batches to produce, made once and sent many times. */
import { buildBatch } from '../../src/protocol/batch/build.ts';

export interface PreparedBatch {
  readonly bytes: Uint8Array;
  readonly recordCount: number;
}

/** As many records of `valueBytes` random bytes as fit into `batchBytes`, at least one; uncompressed, as large values are when they do not compress. */
export function prepareBatch(options: { valueBytes: number; batchBytes: number }): PreparedBatch {
  const overheadBytes = 12;
  const recordCount = Math.max(1, Math.floor(options.batchBytes / (options.valueBytes + overheadBytes)));
  const timestamp = Date.now();
  const records = Array.from({ length: recordCount }, (_, index) => ({
    timestamp,
    key: null,
    value: Buffer.alloc(options.valueBytes, `${index} ${'abcdefghijklmnopqrstuvwxyz'.repeat(3)}`),
  }));
  return { bytes: buildBatch({ records }), recordCount };
}

/** Batches of `recordsPerBatch` records each, of 100 bytes, that together have each of `keys` keys once. */
export function prepareKeyedBatches(options: { keys: number; recordsPerBatch: number }): Uint8Array[] {
  const { keys, recordsPerBatch } = options;
  const timestamp = Date.now();
  const value = Buffer.alloc(100, 'abcdefghijklmnopqrstuvwxyz');
  return Array.from({ length: Math.ceil(keys / recordsPerBatch) }, (_, index) => {
    const first = index * recordsPerBatch;
    const records = Array.from({ length: Math.min(recordsPerBatch, keys - first) }, (_, at) => ({
      timestamp,
      key: Buffer.from(`key-${first + at}`),
      value,
    }));
    return buildBatch({ records });
  });
}
