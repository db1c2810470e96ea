/** Opens the records of a batch, inflating them where they are compressed, and decodes them for those who need values. */
import { readInt16 } from '../../base/big-endian.ts';
import { limits } from '../../base/limits.ts';
import { compressionOfCodec, decompress } from './compression.ts';
import {
  baseOffset,
  baseTimestamp,
  codec,
  HEADER_BYTES,
  isLogAppendTime,
  maxTimestamp,
  recordCount,
} from './header.ts';
import { RecordCursor } from './record-cursor.ts';

/** One record with its values. Keys, values and header values are views of the batch (or of its inflated bytes). */
export interface DecodedRecord {
  readonly offset: number;
  /** -1 when it has none. */
  readonly timestamp: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly RecordHeader[];
}

export interface RecordHeader {
  readonly key: string;
  readonly value: Uint8Array | null;
}

/** A cursor before the first record. Throws MalformedBatch when the stream is broken or inflates to more than `inflatedBytesMax`. */
export function openRecords(batch: Uint8Array, inflatedBytesMax: number = limits.inflatedBatchBytes): RecordCursor {
  const compression = compressionOfCodec(codec(batch));
  if (compression === 'none') return new RecordCursor(batch, HEADER_BYTES, batch.length);
  const records = decompress(compression, batch.subarray(HEADER_BYTES), inflatedBytesMax);
  return new RecordCursor(records, 0, records.length);
}

/** Decodes the records of one batch, one at a time. Throws MalformedBatch. */
export function* recordsOf(batch: Uint8Array): Generator<DecodedRecord, void, undefined> {
  const cursor = openRecords(batch);
  const offset = baseOffset(batch);
  const timestamp = baseTimestamp(batch);
  const appendTime = isLogAppendTime(batch) ? maxTimestamp(batch) : undefined;
  const count = recordCount(batch);
  for (let index = 0; index < count; index += 1) {
    cursor.next();
    yield {
      offset: offset + cursor.offsetDelta,
      timestamp: appendTime ?? timestamp + cursor.timestampDelta,
      key: view(cursor.bytes, cursor.keyStart, cursor.keyLength),
      value: view(cursor.bytes, cursor.valueStart, cursor.valueLength),
      headers: cursor.headerCount === 0 ? [] : cursor.headers(),
    };
  }
}

/** The kinds of control records (KIP-98). Others belong to Kafka's own consensus log. */
export const ControlType = { ABORT: 0, COMMIT: 1 } as const;

/** The type in a control record's key: int16 version, int16 type. */
export function controlTypeOf(key: Uint8Array): number {
  return readInt16(key, 2);
}

export function view(bytes: Uint8Array, start: number, length: number): Uint8Array | null {
  return length < 0 ? null : bytes.subarray(start, start + length);
}
