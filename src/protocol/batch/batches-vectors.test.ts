/** Batches written and judged by Apache Kafka 4.3.1, good and altered, against our reader and our judgement. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type BatchVector,
  batchVectors,
  type DecodedBatchVector,
  type RecordVector,
} from '../vectors/batch-vectors.ts';
import { DEFAULT_RULES } from './batch-rules.fixture.ts';
import type { BatchRules } from './batch-rules.ts';
import { buildBatch } from './build.ts';
import { hasValidCrc } from './crc32c.ts';
import * as header from './header.ts';
import { batches } from './iterate.ts';
import { MalformedBatch } from './malformed-batch.ts';
import { type DecodedRecord, openRecords, recordsOf } from './records.ts';
import { validateProduceBatch } from './validate.ts';

/** Later than every timestamp in the vectors but the one that is meant to lie in the future. */
const NOW_MS = 1_790_000_000_000;

const CORRUPT_MESSAGE = 2;
const UNKNOWN_SERVER_ERROR = -1;
const INVALID_RECORD = 87;
/** Where we know better than Apache Kafka 4.3.1, and what we answer. */
const BETTER = new Map<string, number>([
  ['null-records', INVALID_RECORD],
  ['length-max', CORRUPT_MESSAGE],
  ['record-length-too-long-gzip', INVALID_RECORD],
]);
const RECORD_FAULTS = new Set(['offsets-0-2-1-gzip', 'offsets-gap-gzip', 'record-length-varint-6-bytes']);

const vectors = batchVectors();
const isMagic2 = (vector: BatchVector) => vector.decoded?.every((batch) => batch.magic === header.MAGIC) ?? false;
const bytesOf = (vector: BatchVector) => Buffer.from(vector.hex ?? '', 'hex');

test('every batch that Kafka can read has the header and the records that Kafka reads', () => {
  const readable = vectors.filter((vector) => (vector.reader ?? 'ok') === 'ok' && isMagic2(vector));
  assert.ok(readable.length > 100);
  for (const vector of readable) {
    // Where count and length are zero, Kafka's reader never looks at the bytes behind the header.
    const found = [...batches(bytesOf(vector))];
    assert.equal(found.length, vector.decoded.length, vector.case);
    found.forEach((batch, index) => {
      const expected = vector.decoded[index];
      assert.ok(expected !== undefined);
      assert.deepEqual(headerJson(batch), headerVector(expected), vector.case);
      const records = [...recordsOf(batch)];
      assert.equal(records.length, expected.records.length, vector.case);
      records.forEach((record, at) => {
        const expectedRecord = expected.records[at];
        assert.ok(expectedRecord !== undefined);
        assert.deepEqual(recordJson(record, expectedRecord), comparable(expectedRecord), vector.case);
      });
    });
  }
});

test('every batch that Kafka cannot read is refused by the checksum or by the reader', () => {
  const unreadable = vectors.filter(
    (vector) => (vector.reader ?? 'ok') !== 'ok' && vector.case !== 'control-from-client',
  );
  assert.ok(unreadable.length > 40);
  for (const vector of unreadable) assert.equal(isReadable(bytesOf(vector)), false, vector.case);
});

test('every produced batch is answered as Kafka answers it, or better where that is listed', () => {
  // What concerns transactional ids is decided before the batch is looked at.
  const judged = vectors.filter(
    ({ produce, case: name }) => produce !== undefined && !/transactional-|marker/.test(name),
  );
  assert.ok(judged.length > 150);
  for (const vector of judged) checkAnswer(vector);
});

test('what is stored has the bytes that Kafka stores, or the same records where a compressor of ours was at work', () => {
  const stored = vectors.filter(({ produce, case: name }) => produce?.stored !== undefined && !BETTER.has(name));
  let identical = 0;
  for (const vector of stored) {
    const answer = judge(vector);
    assert.ok(answer.kind === 'valid' && vector.produce?.stored !== undefined, vector.case);
    const expected = Buffer.from(vector.produce.stored, 'hex');
    assert.ok(hasValidCrc(answer.batch), vector.case);
    header.setPartitionLeaderEpoch(answer.batch, 0);
    if (Buffer.compare(answer.batch, expected) === 0) identical += 1;
    else if (vector.produce.storedHasClockTimes) assert.equal(header.maxTimestamp(answer.batch), NOW_MS, vector.case);
    else {
      assert.ok(vector.topicConfig?.['compression.type'] !== undefined, vector.case);
      assert.equal(header.codec(answer.batch), header.codec(expected), vector.case);
      assert.deepEqual([...recordsOf(answer.batch)], [...recordsOf(expected)], vector.case);
    }
  }
  assert.ok(identical > 60);
});

test('what we build from the records that Kafka read are the bytes that Kafka wrote', () => {
  let built = 0;
  for (const vector of vectors.filter((candidate) => /^v2-none/.test(candidate.case))) {
    const [batch] = batches(bytesOf(vector));
    assert.ok(batch !== undefined);
    const again = buildBatch({
      records: [...recordsOf(batch)],
      producerId: header.producerId(batch),
      producerEpoch: header.producerEpoch(batch),
      baseSequence: header.baseSequence(batch),
    });
    assert.equal(Buffer.from(again).toString('hex'), vector.hex, vector.case);
    built += 1;
  }
  assert.ok(built >= 5);
});

function checkAnswer(vector: BatchVector): void {
  const { produce } = vector;
  assert.ok(produce !== undefined);
  const answer = judge(vector);
  const error = answer.kind === 'valid' ? 0 : answer.error;
  const better = BETTER.get(vector.case);
  if (better !== undefined) {
    assert.equal(error, better, vector.case);
    return;
  }
  const expected = produce.errorCode === UNKNOWN_SERVER_ERROR ? betterThanUnknown(vector.case) : produce.errorCode;
  assert.equal(error, expected, vector.case);
  if (answer.kind === 'valid') return;
  assert.equal(answer.tellsLogStart, produce.logStartOffset === 0, vector.case);
  if (produce.version < 8) return; // Messages and record errors came with version 8 (KIP-467).
  assert.equal(answer.message === null, produce.errorMessage === null, vector.case);
  assert.deepEqual(
    answer.recordErrors.map(({ batchIndex }) => batchIndex),
    produce.recordErrors.map(({ batchIndex }) => batchIndex),
    vector.case,
  );
}

function betterThanUnknown(name: string): number {
  return RECORD_FAULTS.has(name) ? INVALID_RECORD : CORRUPT_MESSAGE;
}

function judge(vector: BatchVector) {
  return validateProduceBatch({
    records: vector.hex === null ? null : bytesOf(vector),
    produceVersion: vector.produce?.version ?? 9,
    rules: rulesOf(vector.topicConfig ?? {}),
    nowMs: NOW_MS,
  });
}

function rulesOf(config: Readonly<Record<string, string>>): BatchRules {
  const before = config['message.timestamp.before.max.ms'];
  const maxBytes = config['max.message.bytes'];
  const policy = config['cleanup.policy'];
  return {
    ...DEFAULT_RULES,
    messageTimestampType: config['message.timestamp.type'] === 'LogAppendTime' ? 'LogAppendTime' : 'CreateTime',
    // The vectors name types that exist.
    compressionType: (config['compression.type'] ?? 'producer') as BatchRules['compressionType'],
    messageTimestampBeforeMaxMs: before === undefined ? DEFAULT_RULES.messageTimestampBeforeMaxMs : Number(before),
    maxMessageBytes: maxBytes === undefined ? DEFAULT_RULES.maxMessageBytes : Number(maxBytes),
    cleanupPolicy: policy === undefined ? DEFAULT_RULES.cleanupPolicy : [policy],
  };
}

function isReadable(bytes: Uint8Array): boolean {
  try {
    for (const batch of batches(bytes)) {
      if (header.magic(batch) === header.MAGIC && !hasValidCrc(batch)) return false;
      if (header.magic(batch) !== header.MAGIC || header.recordCount(batch) < 0) return false;
      const cursor = openRecords(batch);
      for (let index = 0; index < header.recordCount(batch); index += 1) cursor.next();
      if (!cursor.atEnd) return false;
    }
    return true;
  } catch (error) {
    assert.ok(error instanceof MalformedBatch, String(error));
    return false;
  }
}

function headerJson(batch: Uint8Array): object {
  return {
    baseOffset: header.baseOffset(batch),
    sizeInBytes: header.sizeInBytes(batch),
    partitionLeaderEpoch: header.partitionLeaderEpoch(batch),
    crc: header.storedCrc(batch),
    attributes: header.attributes(batch) & 0xff,
    baseTimestamp: header.baseTimestamp(batch),
    maxTimestamp: header.maxTimestamp(batch),
    producerId: header.producerId(batch),
    producerEpoch: header.producerEpoch(batch),
    baseSequence: header.baseSequence(batch),
    lastSequence: header.lastSequence(batch),
    count: header.recordCount(batch),
    deleteHorizonMs: header.deleteHorizonMs(batch) ?? null,
  };
}

function headerVector(vector: DecodedBatchVector): object {
  return {
    baseOffset: number(vector.baseOffset),
    sizeInBytes: vector.sizeInBytes,
    partitionLeaderEpoch: vector.partitionLeaderEpoch,
    crc: vector.crc,
    attributes: vector.attributes & 0xff,
    baseTimestamp: number(vector.baseTimestamp),
    maxTimestamp: number(vector.maxTimestamp),
    producerId: number(vector.producerId),
    producerEpoch: vector.producerEpoch,
    baseSequence: vector.baseSequence,
    lastSequence: vector.lastSequence,
    count: vector.count,
    deleteHorizonMs: vector.deleteHorizonMs,
  };
}

/** Keys and values that the vector gives as a pattern are left out on both sides. */
function recordJson(record: DecodedRecord, vector: RecordVector): object {
  return {
    // A saturated base offset and a delta can be beyond 2^53.
    offset: number(record.offset),
    timestamp: number(record.timestamp),
    key: vector.key === undefined ? undefined : base64(record.key),
    value: vector.value === undefined ? undefined : base64(record.value),
    headers: record.headers.map(({ key, value }) => [key, base64(value)]),
  };
}

function comparable(vector: RecordVector): object {
  return {
    offset: number(vector.offset),
    timestamp: number(vector.timestamp),
    key: vector.key,
    value: vector.value,
    headers: vector.headers,
  };
}

/** An int64 beyond 2^53 is a string in the vectors, and saturated here. */
function number(value: number | string): number {
  return Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, Number(value)));
}

function base64(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes).toString('base64');
}
