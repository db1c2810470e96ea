/**
 * The header of a record batch (magic 2), read and patched in place. Plain functions over the bytes of one batch, so that a batch costs
 * no object. They believe the bytes: whoever hands them over has checked that a whole header is there.
 *
 *     0 baseOffset int64 · 8 batchLength int32 · 12 partitionLeaderEpoch int32 · 16 magic int8 · 17 crc uint32 · 21 attributes int16
 *     23 lastOffsetDelta int32 · 27 baseTimestamp int64 · 35 maxTimestamp int64 · 43 producerId int64 · 51 producerEpoch int16
 *     53 baseSequence int32 · 57 recordCount int32 · 61 records
 *
 * The CRC-32C covers everything from the attributes on: base offset and leader epoch can be written without touching it.
 */
import {
  readInt8,
  readInt16,
  readInt32,
  readInt64,
  readUint32,
  writeInt16,
  writeInt32,
  writeInt64,
} from '../../base/big-endian.ts';

/** Base offset and length, which `batchLength` does not count. */
export const LOG_OVERHEAD_BYTES = 12;
export const HEADER_BYTES = 61;
export const MAGIC = 2;
/** The first byte that the CRC covers. */
export const CRC_START = 21;
export const NO_TIMESTAMP = -1;
export const NO_PRODUCER_ID = -1;
export const NO_PRODUCER_EPOCH = -1;
export const NO_SEQUENCE = -1;

export const Attribute = {
  CODEC_MASK: 0x07,
  LOG_APPEND_TIME: 0x08,
  TRANSACTIONAL: 0x10,
  CONTROL: 0x20,
  /** `baseTimestamp` is the time from which tombstones may go (KIP-534). */
  DELETE_HORIZON: 0x40,
} as const;

const KNOWN_ATTRIBUTES = 0x7f;
const MAX_SEQUENCE = 2_147_483_647;

export function baseOffset(batch: Uint8Array): number {
  return readInt64(batch, 0);
}

/** Bytes of the whole batch, as its length field says. The batch begins at `start`, so that a walk over many makes no view of each just to ask. */
export function sizeInBytes(bytes: Uint8Array, start = 0): number {
  return readInt32(bytes, start + 8) + LOG_OVERHEAD_BYTES;
}

export function partitionLeaderEpoch(batch: Uint8Array): number {
  return readInt32(batch, 12);
}

export function magic(bytes: Uint8Array, start = 0): number {
  return readInt8(bytes, start + 16);
}

export function storedCrc(batch: Uint8Array): number {
  return readUint32(batch, 17);
}

export function attributes(batch: Uint8Array): number {
  return readInt16(batch, 21);
}

export function lastOffsetDelta(batch: Uint8Array): number {
  return readInt32(batch, 23);
}

export function lastOffset(batch: Uint8Array): number {
  return readInt64(batch, 0) + readInt32(batch, 23);
}

/** What record timestamps are relative to; with DELETE_HORIZON set, the horizon. */
export function baseTimestamp(batch: Uint8Array): number {
  return readInt64(batch, 27);
}

/** -1 when no record has a timestamp; the append time with LOG_APPEND_TIME. */
export function maxTimestamp(batch: Uint8Array): number {
  return readInt64(batch, 35);
}

export function producerId(batch: Uint8Array): number {
  return readInt64(batch, 43);
}

export function producerEpoch(batch: Uint8Array): number {
  return readInt16(batch, 51);
}

export function baseSequence(batch: Uint8Array): number {
  return readInt32(batch, 53);
}

/** Sequences go round: after 2^31 − 1 comes 0. -1 when the batch has none. */
export function lastSequence(batch: Uint8Array): number {
  const base = baseSequence(batch);
  if (base === NO_SEQUENCE) return NO_SEQUENCE;
  const last = base + lastOffsetDelta(batch);
  return last > MAX_SEQUENCE ? last - MAX_SEQUENCE - 1 : last;
}

export function recordCount(batch: Uint8Array): number {
  return readInt32(batch, 57);
}

/** 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd; 5 to 7 mean nothing. */
export function codec(batch: Uint8Array): number {
  return attributes(batch) & Attribute.CODEC_MASK;
}

export function isLogAppendTime(batch: Uint8Array): boolean {
  return (attributes(batch) & Attribute.LOG_APPEND_TIME) !== 0;
}

export function isTransactional(batch: Uint8Array): boolean {
  return (attributes(batch) & Attribute.TRANSACTIONAL) !== 0;
}

export function isControl(batch: Uint8Array): boolean {
  return (attributes(batch) & Attribute.CONTROL) !== 0;
}

/** Undefined when the batch has none. */
export function deleteHorizonMs(batch: Uint8Array): number | undefined {
  return (attributes(batch) & Attribute.DELETE_HORIZON) !== 0 ? baseTimestamp(batch) : undefined;
}

export function hasProducerId(batch: Uint8Array): boolean {
  return producerId(batch) > NO_PRODUCER_ID;
}

export function setBaseOffset(batch: Uint8Array, offset: number): void {
  writeInt64(batch, 0, offset);
}

export function setPartitionLeaderEpoch(batch: Uint8Array, epoch: number): void {
  writeInt32(batch, 12, epoch);
}

/**
 * Writes the largest timestamp and its type. Answers whether anything changed; the CRC is then wrong until `updateCrc`. A change also clears the
 * attribute bits that have no meaning, as Apache Kafka does.
 */
export function setMaxTimestamp(batch: Uint8Array, isAppendTime: boolean, timestamp: number): boolean {
  if (isLogAppendTime(batch) === isAppendTime && maxTimestamp(batch) === timestamp) return false;
  const kept = attributes(batch) & KNOWN_ATTRIBUTES & ~Attribute.LOG_APPEND_TIME;
  writeInt16(batch, 21, isAppendTime ? kept | Attribute.LOG_APPEND_TIME : kept);
  writeInt64(batch, 35, timestamp);
  return true;
}
