import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  readInt8,
  readInt16,
  readInt32,
  readInt64,
  readUint32,
  writeInt16,
  writeInt32,
  writeInt64,
} from './big-endian.ts';

test('an int64 comes back as it was written, and as a DataView reads it', () => {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  const edges = [0, 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 1_760_000_000_000, 2 ** 52 + 12_345, Number.MAX_SAFE_INTEGER];
  for (const value of [...edges, ...edges.map((edge) => -edge)]) {
    writeInt64(bytes, 0, value);
    assert.equal(Number(view.getBigInt64(0)), value === 0 ? 0 : value);
    assert.equal(readInt64(bytes, 0), value === 0 ? 0 : value);
  }
});

test('an int64 beyond 2^53 saturates', () => {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigInt64(0, 2n ** 63n - 1n);
  assert.equal(readInt64(bytes, 0), Number.MAX_SAFE_INTEGER);
  new DataView(bytes.buffer).setBigInt64(0, -(2n ** 63n));
  assert.equal(readInt64(bytes, 0), Number.MIN_SAFE_INTEGER);
});

test('small integers keep their sign', () => {
  const bytes = new Uint8Array(4);
  writeInt32(bytes, 0, -2);
  assert.deepEqual(
    [readInt8(bytes, 3), readInt16(bytes, 2), readInt32(bytes, 0), readUint32(bytes, 0)],
    [-2, -2, -2, 4_294_967_294],
  );
  writeInt16(bytes, 0, -300);
  assert.equal(readInt16(bytes, 0), -300);
});
