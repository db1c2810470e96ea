/** Record data in scenarios: `$batch` and `$batches` become bytes, with any damage that the scenario asks for; what comes back becomes a list of batches. */
import { crc32 } from 'node:zlib';
import { type BatchToBuild, buildBatch } from '../src/protocol/batch/build.ts';
import { type Compression, compressionOfCodec } from '../src/protocol/batch/compression.ts';
import { updateCrc } from '../src/protocol/batch/crc32c.ts';
import * as header from '../src/protocol/batch/header.ts';
import { batches } from '../src/protocol/batch/iterate.ts';
import { recordsOf } from '../src/protocol/batch/records.ts';
import type { Json } from '../src/protocol/json.ts';
import { bytesFromJson, bytesToJson, valueToJson } from './bytes.ts';
import { fieldOf, isArray } from './pointer.ts';
import type { JsonObject } from './scenario.ts';

/** What stands in a `$batch`. */
interface BatchJson {
  readonly magic?: 0 | 1 | 2;
  readonly compression?: Compression;
  readonly timestampType?: 'CreateTime' | 'LogAppendTime';
  readonly logAppendTime?: number;
  readonly producerId?: number;
  readonly producerEpoch?: number;
  readonly baseSequence?: number;
  readonly transactional?: boolean;
  readonly control?: boolean;
  readonly baseOffset?: number;
  readonly partitionLeaderEpoch?: number;
  readonly records?: readonly RecordJson[];
  /** Bytes to overwrite: position (negative: from the end) and hex. */
  readonly patch?: readonly (readonly [number, string])[];
  readonly fixCrc?: boolean;
}

interface RecordJson {
  readonly timestamp?: number;
  readonly key?: Json;
  readonly value?: Json;
  readonly headers?: readonly (readonly [string, Json])[];
  readonly offset?: number;
}

export function recordDataFromJson(json: Json): Uint8Array | null {
  if (json === null) return null;
  const batch = fieldOf(json, '$batch');
  if (batch !== undefined) return batchFromJson(batch);
  const several = fieldOf(json, '$batches');
  if (several === undefined || !isArray(several)) return bytesFromJson(json);
  return Buffer.concat(
    several.map((each) => (fieldOf(each, '$hex') === undefined ? batchFromJson(each) : present(bytesFromJson(each)))),
  );
}

function batchFromJson(json: Json): Uint8Array {
  // The form of the scenario files; a wrong field would show in the answer.
  const wanted = json as BatchJson & JsonObject;
  const batch = wanted.magic === 0 || wanted.magic === 1 ? legacyMessages(wanted, wanted.magic) : magic2Batch(wanted);
  for (const [at, hex] of wanted.patch ?? []) {
    batch.set(Buffer.from(hex, 'hex'), at < 0 ? batch.length + at : at);
  }
  if (wanted.fixCrc === true) updateCrc(batch);
  return batch;
}

function magic2Batch(wanted: BatchJson): Uint8Array {
  const records = wanted.records ?? [];
  const baseOffset = wanted.baseOffset ?? 0;
  if (records.length === 0) return emptyBatch(wanted);
  const options: BatchToBuild = {
    baseOffset,
    compression: wanted.compression ?? 'none',
    producerId: wanted.producerId ?? -1,
    producerEpoch: wanted.producerEpoch ?? -1,
    baseSequence: wanted.baseSequence ?? -1,
    isTransactional: wanted.transactional ?? false,
    isControl: wanted.control ?? false,
    partitionLeaderEpoch: wanted.partitionLeaderEpoch ?? -1,
    records: records.map((record) => ({
      timestamp: record.timestamp ?? -1,
      key: bytesFromJson(record.key ?? null),
      value: bytesFromJson(record.value ?? null),
      headers: (record.headers ?? []).map(([key, value]) => ({ key, value: bytesFromJson(value) })),
      ...(record.offset === undefined ? {} : { offsetDelta: record.offset - baseOffset }),
    })),
  };
  const isAppendTime = wanted.timestampType === 'LogAppendTime';
  return buildBatch(isAppendTime ? { ...options, logAppendTimeMs: wanted.logAppendTime ?? -1 } : options);
}

/** Count 0, which no producer sends: a batch of one record without its record. */
function emptyBatch(wanted: BatchJson): Uint8Array {
  const batch = Buffer.from(magic2Batch({ ...wanted, records: [{}] }).subarray(0, header.HEADER_BYTES));
  batch.writeInt32BE(header.HEADER_BYTES - header.LOG_OVERHEAD_BYTES, 8);
  batch.writeInt32BE(0, 57);
  updateCrc(batch);
  return batch;
}

/** Messages as they were before Kafka 0.11: offset, size, CRC-32, magic, attributes, (timestamp,) key, value. */
function legacyMessages(wanted: BatchJson, magic: 0 | 1): Uint8Array {
  const messages = (wanted.records ?? []).map((record, index) => {
    const key = bytesFromJson(record.key ?? null);
    const value = bytesFromJson(record.value ?? null);
    const timestamp = Buffer.alloc(magic === 1 ? 8 : 0);
    if (magic === 1) timestamp.writeBigInt64BE(BigInt(record.timestamp ?? -1));
    const body = Buffer.concat([Buffer.of(magic, 0), timestamp, lengthAnd(key), lengthAnd(value)]);
    const head = Buffer.alloc(16);
    head.writeBigInt64BE(BigInt(record.offset ?? index));
    head.writeInt32BE(body.length + 4, 8);
    head.writeUInt32BE(crc32(body), 12);
    return Buffer.concat([head, body]);
  });
  return Buffer.concat(messages);
}

function lengthAnd(bytes: Uint8Array | null): Uint8Array {
  const length = Buffer.alloc(4);
  length.writeInt32BE(bytes === null ? -1 : bytes.length);
  return bytes === null ? length : Buffer.concat([length, bytes]);
}

/** The whole batches; an incomplete one at the end is left out. */
export function recordDataToJson(data: Uint8Array | null): Json {
  return data === null ? null : [...batches(data)].map(batchToJson);
}

function batchToJson(batch: Uint8Array): Json {
  return {
    baseOffset: header.baseOffset(batch),
    lastOffset: header.lastOffset(batch),
    magic: header.magic(batch),
    partitionLeaderEpoch: header.partitionLeaderEpoch(batch),
    producerId: header.producerId(batch),
    producerEpoch: header.producerEpoch(batch),
    baseSequence: header.baseSequence(batch),
    transactional: header.isTransactional(batch),
    control: header.isControl(batch),
    timestampType: header.isLogAppendTime(batch) ? 'LogAppendTime' : 'CreateTime',
    compression: compressionOfCodec(header.codec(batch)),
    records: [...recordsOf(batch)].map((record) => ({
      offset: record.offset,
      timestamp: record.timestamp,
      key: bytesToJson(record.key),
      value: valueToJson(record.value),
      headers: record.headers.map(({ key, value }) => [key, bytesToJson(value)]),
    })),
  };
}

function present(bytes: Uint8Array | null): Uint8Array {
  if (bytes === null) throw new Error('a batch cannot be null');
  return bytes;
}
