/** Random damage: the judgement must answer, never throw, and never take what cannot be read afterwards. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_RULES } from './batch-rules.fixture.ts';
import type { BatchRules } from './batch-rules.ts';
import { buildBatch } from './build.ts';
import type { Compression } from './compression.ts';
import { hasValidCrc, updateCrc } from './crc32c.ts';
import { HEADER_BYTES, recordCount, sizeInBytes } from './header.ts';
import { recordsOf } from './records.ts';
import { validateProduceBatch } from './validate.ts';

const ROUNDS = 4_000;
const RULES: BatchRules = { ...DEFAULT_RULES, messageTimestampAfterMaxMs: Number.MAX_SAFE_INTEGER };

test('no damage to a batch makes the judgement throw or lets unreadable records in', () => {
  const random = generator(20_260_101);
  let taken = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const damaged = damage(sampleBatch(round), random);
    const answer = validateProduceBatch({
      records: damaged,
      produceVersion: 9,
      rules: RULES,
      nowMs: 1_790_000_000_000,
    });
    if (answer.kind === 'refused') continue;
    taken += 1;
    assert.ok(hasValidCrc(answer.batch));
    assert.equal(sizeInBytes(answer.batch), answer.batch.length);
    assert.equal([...recordsOf(answer.batch)].length, recordCount(answer.batch));
  }
  // Most damage is found; some of it (a byte of a value, with the checksum repaired) makes another good batch.
  assert.ok(taken > 0 && taken < ROUNDS / 2);
});

test('random bytes are refused', () => {
  const random = generator(7);
  for (let round = 0; round < ROUNDS; round += 1) {
    const bytes = Uint8Array.from({ length: random() % 300 }, () => random());
    const answer = validateProduceBatch({ records: bytes, produceVersion: 9, rules: RULES, nowMs: 0 });
    assert.equal(answer.kind, 'refused');
  }
});

function sampleBatch(round: number): Uint8Array {
  const compressions: readonly Compression[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
  const records = Array.from({ length: 1 + (round % 7) }, (_, index) => ({
    timestamp: 1_700_000_000_000 + index,
    key: index % 2 === 0 ? null : Buffer.from('key'),
    value: Buffer.from('a value that a compressor can do something with, with with with'),
    headers: [{ key: 'h', value: Buffer.from('v') }],
  }));
  return buildBatch({ records, compression: compressions[round % compressions.length] ?? 'none' });
}

/** Changes a few bytes, mostly behind the header, cuts or lengthens; then repairs the checksum, so that damage gets deeper than that. */
function damage(batch: Uint8Array, random: () => number): Uint8Array {
  const from = random() % 4 === 0 ? 0 : HEADER_BYTES;
  for (let changes = 1 + (random() % 3); changes > 0; changes -= 1) {
    batch[from + (random() % (batch.length - from))] = random();
  }
  updateCrc(batch);
  if (random() % 8 === 0) return batch.subarray(0, random() % batch.length);
  if (random() % 8 === 0) return Buffer.concat([batch, batch.subarray(0, random() % batch.length)]);
  return batch;
}

/** The same numbers in every run (xorshift). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
