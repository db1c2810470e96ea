/** Makes a batch from records: for coordinators, metadata, tools and tests. Produced batches are never rebuilt from their records. */
import { assert } from '../../base/assert.ts';
import { writeInt16, writeInt32, writeInt64 } from '../../base/big-endian.ts';
import { Codec, type Compression, compress } from './compression.ts';
import { updateCrc } from './crc32c.ts';
import {
  Attribute,
  HEADER_BYTES,
  LOG_OVERHEAD_BYTES,
  MAGIC,
  NO_PRODUCER_EPOCH,
  NO_PRODUCER_ID,
  NO_SEQUENCE,
  NO_TIMESTAMP,
} from './header.ts';
import { type WritableRecord, writeRecords } from './record-writer.ts';

export interface BatchToBuild {
  readonly records: readonly RecordToBuild[];
  /** Default 0: producers leave the offset to the broker. */
  readonly baseOffset?: number;
  readonly partitionLeaderEpoch?: number;
  readonly compression?: Compression;
  /** Of gzip and zstd. */
  readonly compressionLevel?: number;
  readonly producerId?: number;
  readonly producerEpoch?: number;
  readonly baseSequence?: number;
  readonly isTransactional?: boolean;
  readonly isControl?: boolean;
  /** Makes it a LogAppendTime batch of this time. */
  readonly logAppendTimeMs?: number;
}

export interface RecordToBuild {
  /** Milliseconds; default -1, no timestamp. */
  readonly timestamp?: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers?: readonly { readonly key: string; readonly value: Uint8Array | null }[];
  /** Default: one more than the record before. Only compacted batches have gaps. */
  readonly offsetDelta?: number;
}

export function buildBatch(wanted: BatchToBuild): Uint8Array {
  const [first] = wanted.records;
  assert(first !== undefined, 'a batch has at least one record');
  const baseTimestamp = first.timestamp ?? NO_TIMESTAMP;
  const records = wanted.records.map((record, index) => writable(record, index, baseTimestamp));
  const compression = wanted.compression ?? 'none';
  const payload = compress(compression, writeRecords(records), wanted.compressionLevel);

  const batch = Buffer.allocUnsafe(HEADER_BYTES + payload.length);
  batch.set(payload, HEADER_BYTES);
  writeInt64(batch, 0, wanted.baseOffset ?? 0);
  writeInt32(batch, 8, batch.length - LOG_OVERHEAD_BYTES);
  writeInt32(batch, 12, wanted.partitionLeaderEpoch ?? -1);
  batch[16] = MAGIC;
  writeInt16(batch, 21, attributesOf(wanted, compression));
  writeInt32(batch, 23, records.at(-1)?.offsetDelta ?? 0);
  writeInt64(batch, 27, baseTimestamp);
  writeInt64(batch, 35, wanted.logAppendTimeMs ?? largestTimestamp(wanted.records));
  writeInt64(batch, 43, wanted.producerId ?? NO_PRODUCER_ID);
  writeInt16(batch, 51, wanted.producerEpoch ?? NO_PRODUCER_EPOCH);
  writeInt32(batch, 53, wanted.baseSequence ?? NO_SEQUENCE);
  writeInt32(batch, 57, records.length);
  updateCrc(batch);
  return batch;
}

function writable(record: RecordToBuild, index: number, baseTimestamp: number): WritableRecord {
  return {
    timestampDelta: (record.timestamp ?? NO_TIMESTAMP) - baseTimestamp,
    offsetDelta: record.offsetDelta ?? index,
    key: record.key,
    value: record.value,
    headers: record.headers ?? [],
  };
}

function attributesOf(wanted: BatchToBuild, compression: Compression): number {
  return (
    Codec[compression] |
    (wanted.logAppendTimeMs === undefined ? 0 : Attribute.LOG_APPEND_TIME) |
    (wanted.isTransactional === true ? Attribute.TRANSACTIONAL : 0) |
    (wanted.isControl === true ? Attribute.CONTROL : 0)
  );
}

function largestTimestamp(records: readonly RecordToBuild[]): number {
  let largest = NO_TIMESTAMP;
  for (const record of records) largest = Math.max(largest, record.timestamp ?? NO_TIMESTAMP);
  return largest;
}
