import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildBatch, type RecordToBuild } from '../../protocol/batch/build.ts';
import { hasValidCrc } from '../../protocol/batch/crc32c.ts';
import { deleteHorizonMs, maxTimestamp, recordCount, sizeInBytes } from '../../protocol/batch/header.ts';
import { openRecords, recordsOf } from '../../protocol/batch/records.ts';
import { BatchRewrite } from './rewrite-batch.ts';

const timestamp = 1_700_000_000_000;
const records: readonly RecordToBuild[] = Array.from({ length: 200 }, (_, index) => ({
  timestamp: timestamp + index * 1_000,
  key: index % 5 === 0 ? null : Buffer.from(`key-${index}`),
  value: index % 7 === 0 ? null : Buffer.alloc(index * 3, index),
  headers: index % 3 === 0 ? [{ key: `header-${index}`, value: index % 2 === 0 ? null : Buffer.from('of it') }] : [],
}));

/** Every third record, as a consumer gets it. */
function rewritten(rewrite: BatchRewrite, batch: Uint8Array, horizonMs: number | undefined): Uint8Array {
  rewrite.begin(batch, horizonMs);
  const cursor = openRecords(batch);
  for (let index = 0; index < recordCount(batch); index += 1) {
    cursor.next();
    if (index % 3 === 0) rewrite.keep(cursor);
  }
  return rewrite.finish();
}

for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
  test(`records that stay keep all they have, with a new base of their timestamps and without, ${compression}`, () => {
    const rewrite = new BatchRewrite();
    const batch = buildBatch({ records, baseOffset: 7, compression });
    const expected = [...recordsOf(batch)].filter((_, index) => index % 3 === 0);
    for (const horizonMs of [undefined, timestamp + 86_400_000, timestamp + 5]) {
      const kept = rewritten(rewrite, batch, horizonMs);
      assert.deepEqual([...recordsOf(kept)], expected);
      assert.equal(deleteHorizonMs(kept), horizonMs);
      assert.equal(maxTimestamp(kept), timestamp + 198_000);
      assert.equal(sizeInBytes(kept), kept.length);
      assert.ok(hasValidCrc(kept));
    }
  });
}
