/**
 * Decides whether the bytes that a producer sent for one partition are one batch that the topic takes, as Apache Kafka's broker does. Pure apart from
 * the batch itself, in which timestamps are put right in place. It knows nothing of offsets, epochs and sequences; the partition does.
 *
 * Every record's structure is walked over (about 20 ns each) and compressed batches are inflated: what is stored must be readable by
 * every consumer, and the largest timestamp is the broker's word, not the producer's.
 *
 * Better than Apache Kafka 4.3.1: null records are refused (Kafka never answers), undecodable streams, unknown codecs and impossible
 * lengths are CORRUPT_MESSAGE, and compressed records with wrong offsets or endless varints INVALID_RECORD (Kafka: UNKNOWN_SERVER_ERROR);
 * a compressed record with a too long declared length is refused (Kafka stores what its own consumer cannot read).
 */
import { unreachable } from '../../base/assert.ts';
import { limits } from '../../base/limits.ts';
import { ErrorCode } from '../error-code.ts';
import type { BatchRules, CheckedBatch, RefusedBatch } from './batch-rules.ts';
import { demandsOf, largestTimestamp, type RecordDemands, recordErrorsOf } from './check-records.ts';
import { Codec, type Compression, compressionOfCodec } from './compression.ts';
import { hasValidCrc, updateCrc } from './crc32c.ts';
import {
  baseOffset,
  baseSequence,
  codec,
  HEADER_BYTES,
  hasProducerId,
  isControl,
  lastOffsetDelta,
  MAGIC,
  magic,
  NO_TIMESTAMP,
  recordCount,
  setMaxTimestamp,
} from './header.ts';
import { wholeBatchBytes } from './iterate.ts';
import { MalformedBatch } from './malformed-batch.ts';
import type { RecordCursor } from './record-cursor.ts';
import { openRecords } from './records.ts';
import { repack } from './repack.ts';

export interface ProducedRecords {
  readonly records: Uint8Array | null;
  /** The version of the Produce request: zstd came with 7 (KIP-110). */
  readonly produceVersion: number;
  readonly rules: BatchRules;
  /** The clock, milliseconds since the epoch. */
  readonly nowMs: number;
}

export function validateProduceBatch(produced: ProducedRecords): CheckedBatch {
  try {
    const batch = onlyBatchIn(produced);
    if (!(batch instanceof Uint8Array)) return batch;
    return refuseHeader(batch, produced.rules) ?? checkRecords(batch, produced);
  } catch (error) {
    if (error instanceof MalformedBatch) return refusalOf(error);
    throw error;
  }
}

/** The frame: exactly one batch of magic 2. An incomplete batch after it is dropped, as Kafka does. */
function onlyBatchIn({ records, produceVersion }: ProducedRecords): Uint8Array | RefusedBatch {
  if (records === null) return refused(ErrorCode.INVALID_RECORD);
  const bytes = firstBatchBytes(records);
  if (typeof bytes !== 'number') return bytes;
  if (bytes === 0) return refused(ErrorCode.INVALID_RECORD);
  const batch = bytes === records.length ? records : records.subarray(0, bytes);
  if (magic(batch) !== MAGIC) return refused(ErrorCode.INVALID_RECORD);
  if (bytes < HEADER_BYTES) return refused(ErrorCode.CORRUPT_MESSAGE);
  if (produceVersion < 7 && codec(batch) === Codec.zstd) return refused(ErrorCode.UNSUPPORTED_COMPRESSION_TYPE);
  if (bytes < records.length && wholeBatchBytes(records, bytes) > 0) return refused(ErrorCode.INVALID_RECORD);
  return batch;
}

/** Only for a first batch that is broken Kafka says what is wrong. */
function firstBatchBytes(records: Uint8Array): number | RefusedBatch {
  try {
    return wholeBatchBytes(records, 0);
  } catch (error) {
    if (error instanceof MalformedBatch) return { ...refused(ErrorCode.CORRUPT_MESSAGE), message: error.message };
    throw error;
  }
}

function refuseHeader(batch: Uint8Array, rules: BatchRules): RefusedBatch | undefined {
  if (baseOffset(batch) !== 0) return refusedAtLog(ErrorCode.INVALID_RECORD);
  if (batch.length > rules.maxMessageBytes) return refused(ErrorCode.MESSAGE_TOO_LARGE);
  if (!hasValidCrc(batch)) return refused(ErrorCode.CORRUPT_MESSAGE);
  const count = recordCount(batch);
  if (count <= 0 || lastOffsetDelta(batch) !== count - 1) return refusedAtLog(ErrorCode.INVALID_RECORD);
  if (isControl(batch)) return refusedAtLog(ErrorCode.INVALID_RECORD);
  if (hasProducerId(batch) && baseSequence(batch) < 0) return refusedAtLog(ErrorCode.INVALID_RECORD);
  return undefined;
}

function checkRecords(batch: Uint8Array, { rules, nowMs }: ProducedRecords): CheckedBatch {
  const sent = compressionOfCodec(codec(batch));
  const wanted = wantedCompression(rules, sent);
  const cursor = openRecords(batch, limits.inflatedBatchBytes);
  const demands = demandsOf(rules, { nowMs, ordered: sent !== 'none' || wanted !== 'none' });
  const largest = largestTimestamp(cursor, batch, demands);
  if (largest === undefined) return refuseRecords(cursor, batch, demands);

  const stored = sent === wanted ? batch : repack(batch, cursor.bytesOfAll, wanted, levelOf(wanted, rules));
  if (stored !== batch && stored.length > rules.maxMessageBytes) return refused(ErrorCode.MESSAGE_TOO_LARGE);
  const isAppendTime = rules.messageTimestampType === 'LogAppendTime';
  const isChanged = setMaxTimestamp(stored, isAppendTime, isAppendTime ? nowMs : largest);
  if (isChanged || stored !== batch) updateCrc(stored);
  return { kind: 'valid', batch: stored, logAppendTimeMs: isAppendTime ? nowMs : NO_TIMESTAMP };
}

function refuseRecords(cursor: RecordCursor, batch: Uint8Array, demands: RecordDemands): RefusedBatch {
  const recordErrors = recordErrorsOf(cursor, batch, demands);
  const isAboutTime = recordErrors.some((error) => error.kind === 'timestamp');
  return {
    kind: 'refused',
    error: isAboutTime ? ErrorCode.INVALID_TIMESTAMP : ErrorCode.INVALID_RECORD,
    message: isAboutTime
      ? 'The batch was refused because of the timestamps of its records.'
      : `The batch was refused because of its records: ${recordErrors.length} of them are invalid.`,
    recordErrors: recordErrors.map(({ batchIndex, message }) => ({ batchIndex, batchIndexErrorMessage: message })),
    tellsLogStart: true,
  };
}

function wantedCompression(rules: BatchRules, sent: Compression): Compression {
  if (rules.compressionType === 'producer') return sent;
  return rules.compressionType === 'uncompressed' ? 'none' : rules.compressionType;
}

function levelOf(compression: Compression, rules: BatchRules): number | undefined {
  if (compression === 'gzip') return rules.compressionGzipLevel;
  return compression === 'zstd' ? rules.compressionZstdLevel : undefined;
}

function refusalOf(error: MalformedBatch): RefusedBatch {
  switch (error.kind) {
    case 'batch':
      return refused(ErrorCode.CORRUPT_MESSAGE);
    case 'compression':
      return refusedAtLog(ErrorCode.CORRUPT_MESSAGE);
    case 'record':
      return refusedAtLog(ErrorCode.INVALID_RECORD);
    case 'inflated-size':
      return refused(ErrorCode.MESSAGE_TOO_LARGE);
    default:
      return unreachable(error.kind);
  }
}

function refused(error: ErrorCode): RefusedBatch {
  return { kind: 'refused', error, message: null, recordErrors: [], tellsLogStart: false };
}

function refusedAtLog(error: ErrorCode): RefusedBatch {
  return { ...refused(error), tellsLogStart: true };
}
