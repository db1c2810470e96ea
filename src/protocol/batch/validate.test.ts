import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_RULES } from './batch-rules.fixture.ts';
import type { BatchRules } from './batch-rules.ts';
import { type BatchToBuild, buildBatch } from './build.ts';
import type { Compression } from './compression.ts';
import { hasValidCrc, updateCrc } from './crc32c.ts';
import { codec, isLogAppendTime, maxTimestamp, setMaxTimestamp } from './header.ts';
import { recordsOf } from './records.ts';
import { validateProduceBatch } from './validate.ts';

const NOW_MS = 1_790_000_000_000;
const COMPRESSIONS: readonly Compression[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];

function judge(records: Uint8Array, rules: Partial<BatchRules> = {}) {
  return validateProduceBatch({ records, produceVersion: 12, rules: { ...DEFAULT_RULES, ...rules }, nowMs: NOW_MS });
}

function batchOf(count: number, rest: Partial<BatchToBuild> = {}): Uint8Array {
  const records = Array.from({ length: count }, (_, index) => ({
    timestamp: NOW_MS - count + index,
    key: Buffer.from(`key-${index}`),
    value: Buffer.alloc(100, index),
    headers: [{ key: 'header', value: null }],
  }));
  return buildBatch({ records, ...rest });
}

test('a batch of every compression is taken as it is, and its records come back', () => {
  for (const compression of COMPRESSIONS) {
    const sent = batchOf(200, { compression });
    const before = Buffer.from(sent);
    const answer = judge(sent);
    assert.ok(answer.kind === 'valid', compression);
    assert.deepEqual(Buffer.from(answer.batch), before, compression);
    assert.equal([...recordsOf(answer.batch)].length, 200, compression);
  }
});

test('a topic with a compression of its own stores the same records, packed its way', () => {
  for (const sent of COMPRESSIONS) {
    for (const wanted of ['uncompressed', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
      const batch = batchOf(50, { compression: sent });
      const expected = [...recordsOf(batch)];
      const answer = judge(batch, { compressionType: wanted });
      assert.ok(answer.kind === 'valid');
      assert.ok(hasValidCrc(answer.batch));
      assert.equal(COMPRESSIONS[codec(answer.batch)], wanted === 'uncompressed' ? 'none' : wanted);
      assert.deepEqual([...recordsOf(answer.batch)], expected);
    }
  }
});

test('a largest timestamp that is wrong is put right, and the checksum with it', () => {
  const batch = batchOf(3);
  setMaxTimestamp(batch, false, 7);
  updateCrc(batch);
  const answer = judge(batch);
  assert.ok(answer.kind === 'valid');
  assert.equal(maxTimestamp(answer.batch), NOW_MS - 1);
  assert.ok(hasValidCrc(answer.batch));
});

test('LogAppendTime stamps the batch with the clock', () => {
  const answer = judge(batchOf(3), { messageTimestampType: 'LogAppendTime' });
  assert.ok(answer.kind === 'valid');
  assert.equal(answer.logAppendTimeMs, NOW_MS);
  assert.ok(isLogAppendTime(answer.batch) && hasValidCrc(answer.batch));
  assert.deepEqual(
    [...recordsOf(answer.batch)].map(({ timestamp }) => timestamp),
    [NOW_MS, NOW_MS, NOW_MS],
  );
});

test('a batch that inflates beyond all measure is refused, whatever the codec', () => {
  for (const compression of COMPRESSIONS.filter((name) => name !== 'none')) {
    const bomb = buildBatch({ records: [{ key: null, value: Buffer.alloc(130 * 1024 * 1024) }], compression });
    const answer = judge(bomb, { maxMessageBytes: 100_000_000 });
    assert.ok(answer.kind === 'refused', compression);
    assert.equal(answer.error, 10, compression);
  }
});

test('the answer names a bounded number of bad records', () => {
  const records = Array.from({ length: 5_000 }, () => ({ key: null, value: null }));
  const answer = judge(buildBatch({ records }), { cleanupPolicy: ['compact'] });
  assert.ok(answer.kind === 'refused');
  assert.equal(answer.recordErrors.length, 1_000);
});
