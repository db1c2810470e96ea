import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { type Compression, compress, decompress } from './compression.ts';
import { MalformedBatch } from './malformed-batch.ts';
import { xxHash32 } from './xxhash32.ts';

const COMPRESSIONS: readonly Compression[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
const BYTES_MAX = 10_000_000;

test('bytes of every size come back from every compression', () => {
  for (const compression of COMPRESSIONS) {
    for (const size of [1, 100, 32_768, 32_769, 70_000, 1_000_000]) {
      const bytes = Buffer.from(Array.from({ length: size }, (_, index) => (index * index) % 251));
      assert.ok(
        bytes.equals(decompress(compression, compress(compression, bytes), BYTES_MAX)),
        `${compression} ${size}`,
      );
    }
  }
});

test('a level makes a difference where the codec has levels', () => {
  const bytes = Buffer.from(Array.from({ length: 200_000 }, (_, index) => (index * index * 31) % 97));
  assert.notEqual(compress('gzip', bytes, 1).length, compress('gzip', bytes, 9).length);
  assert.notEqual(compress('zstd', bytes, 1).length, compress('zstd', bytes, 19).length);
});

test('an lz4 frame with checksums inside is checked against them', () => {
  const lz4: { compressFrameSync(bytes: Buffer, options: object): Buffer } = createRequire(import.meta.url)('lz4-napi');
  const bytes = Buffer.alloc(100_000, 'some words ');
  for (const options of [{ contentChecksum: true }, { blockChecksums: true }]) {
    const frame = lz4.compressFrameSync(bytes, options);
    assert.ok(bytes.equals(decompress('lz4', frame, BYTES_MAX)));
    const last = frame.length - (options.contentChecksum === true ? 1 : 5);
    frame[last] = (frame[last] ?? 0) ^ 1;
    assert.throws(() => decompress('lz4', frame, BYTES_MAX), MalformedBatch);
  }
});

test('the known hashes of xxHash32', () => {
  assert.equal(xxHash32(new Uint8Array(0)), 0x02cc5d05);
  assert.equal(xxHash32(Buffer.from('a')), 0x550d7456);
  assert.equal(xxHash32(Buffer.from('abc')), 0x32d153ff);
  assert.equal(xxHash32(Buffer.from('abcd')), 0xa3643705);
});
