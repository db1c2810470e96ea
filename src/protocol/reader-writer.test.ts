import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { AssertionError } from '../base/assert.ts';
import { limits } from '../base/limits.ts';
import { MalformedMessage } from './malformed-message.ts';
import { Reader } from './reader.ts';
import { ZERO_UUID } from './uuid.ts';
import { Writer } from './writer.ts';

/** Unsigned varints as Kafka writes them, the largest of each length among them. */
const VARINTS: readonly (readonly [number, string])[] = [
  [0, '00'],
  [1, '01'],
  [63, '3f'],
  [64, '40'],
  [127, '7f'],
  [128, '8001'],
  [8191, 'ff3f'],
  [8192, '8040'],
  [16383, 'ff7f'],
  [16384, '808001'],
  [1_048_575, 'ffff3f'],
  [134_217_727, 'ffffff3f'],
  [134_217_728, '80808040'],
  [268_435_456, '8080808001'],
  [2_147_483_647, 'ffffffff07'],
  [4_294_967_295, 'ffffffff0f'],
];

/** Uuids as Kafka prints them. */
const UUIDS: readonly (readonly [string, string])[] = [
  [ZERO_UUID, '00000000000000000000000000000000'],
  ['AAAAAAAAAAAAAAAAAAAAAQ', '00000000000000000000000000000001'],
  ['_____________________w', 'ffffffffffffffffffffffffffffffff'],
  ['--_77_vv--_77_vv--_77w', 'fbeffbeffbeffbeffbeffbeffbeffbef'],
  ['-ZYA6JBdP9LjMHHJWJ6WGA', 'f99600e8905d3fd2e33071c9589e9618'],
];

test('varints', () => {
  for (const [value, hex] of VARINTS) {
    assert.equal(
      written((writer) => writer.uvarint(value)),
      hex,
    );
    assert.equal(readerOf(hex).uvarint(), value);
  }
  assert.throws(() => readerOf('ffffffffff01').uvarint(), MalformedMessage);
});

test('uuids are the 22 characters that Kafka prints', () => {
  for (const [text, hex] of UUIDS) {
    assert.equal(
      written((writer) => writer.uuid(text)),
      hex,
    );
    assert.equal(readerOf(hex).uuid(), text);
  }
  assert.throws(() => new Writer().uuid('too short'), AssertionError);
  assert.throws(() => new Writer().uuid('*'.repeat(22)), AssertionError);
});

test('an int64 beyond ±(2^53 − 1) is read as the nearest of the two, one within as it is', () => {
  for (const value of [0, 1, -1, 2 ** 32, -(2 ** 32), Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]) {
    assert.equal(readerOf(written((writer) => writer.int64(value))).int64(), value);
  }
  assert.equal(readerOf('7fffffffffffffff').int64(), Number.MAX_SAFE_INTEGER);
  assert.equal(readerOf('0020000000000000').int64(), Number.MAX_SAFE_INTEGER);
  assert.equal(readerOf('8000000000000000').int64(), Number.MIN_SAFE_INTEGER);
  assert.equal(readerOf('ffe0000000000000').int64(), Number.MIN_SAFE_INTEGER);
});

test('eight bytes that are a hash keep all their bits', () => {
  assert.equal(readerOf('8000000000000001').bits64(), -(2n ** 63n) + 1n);
  assert.equal(
    written((writer) => writer.bits64(-(2n ** 63n) + 1n)),
    '8000000000000001',
  );
});

test('strings, short and long, in one script and four', () => {
  for (const text of [
    '',
    'orders',
    'x'.repeat(32),
    'x'.repeat(33),
    'x'.repeat(127),
    'x'.repeat(32_767),
    'Łódź-日本-🎈',
    'é'.repeat(100),
  ]) {
    assert.equal(readerOf(written((writer) => writer.string(text))).string(), text);
    assert.equal(readerOf(written((writer) => writer.compactString(text))).compactString(), text);
  }
});

test('a string of more than 32,767 bytes is never written, and refused when it comes', () => {
  assert.throws(() => new Writer().string('x'.repeat(32_768)), AssertionError);
  assert.throws(() => new Writer().compactString('é'.repeat(16_384)), AssertionError);
  const frame = Buffer.concat([Buffer.from('818002', 'hex'), Buffer.alloc(32_768)]);
  assert.throws(() => new Reader(frame).compactString(), MalformedMessage);
});

test('any negative length is null where null may be, and refused elsewhere', () => {
  assert.equal(readerOf('fffe').nullableString(), null);
  assert.equal(readerOf('fffffffe').nullableBytes(), null);
  assert.ok(readerOf('fffffffe').nullableArrayCount(1) < 0);
  assert.equal(readerOf('ffffffff0f').compactNullableString(), null);
  assert.throws(() => readerOf('ffff').string(), MalformedMessage);
  assert.throws(() => readerOf('ffffffff').bytes(), MalformedMessage);
  assert.throws(() => readerOf('ffffffff').arrayCount(1), MalformedMessage);
  assert.throws(() => readerOf('00').compactString(), MalformedMessage);
});

test('a count is refused when the frame cannot hold that many elements', () => {
  assert.equal(readerOf('0000000200000000').arrayCount(2), 2);
  assert.throws(() => readerOf('0000000300000000').arrayCount(2), MalformedMessage);
  assert.throws(() => readerOf('7fffffff00000000').arrayCount(1), MalformedMessage);
});

test('all arrays of a message together have a bound', () => {
  const count = limits.elementsPerMessage / 2;
  const frame = Buffer.alloc(4 * 3 + count);
  for (const at of [0, 4, 8]) frame.writeInt32BE(count, at);
  const reader = new Reader(frame);
  assert.equal(reader.arrayCount(1), count);
  assert.equal(reader.arrayCount(1), count);
  assert.throws(() => reader.arrayCount(1), /too many array elements/);
});

test('byte strings are views of the frame, and what lies behind the frame is out of reach', () => {
  const buffer = Buffer.from('00000002abcdef', 'hex');
  const view = new Reader(buffer).bytes();
  assert.equal(view.buffer, buffer.buffer);
  assert.deepEqual([...view], [0xab, 0xcd]);
  assert.throws(() => new Reader(buffer.subarray(0, 5)).bytes(), MalformedMessage);
});

test('large records are referenced, small ones copied, and order is kept', () => {
  const large = new Uint8Array(5_000).fill(1);
  const small = new Uint8Array(10).fill(2);
  const writer = new Writer(4);
  writer.int32(7);
  writer.records([large, small, large]);
  writer.int32(8);
  const length = writer.length;
  const { parts, bytes } = writer.finish();
  assert.equal(parts.filter((part) => part === large).length, 2);
  assert.equal(bytes, length);
  const whole = Buffer.concat(parts);
  assert.equal(whole.length, bytes);
  assert.equal(whole.readInt32BE(4), 10_010);
  assert.deepEqual(whole.subarray(8, 8 + 10_010), Buffer.concat([large, small, large]));
  assert.equal(whole.readInt32BE(bytes - 4), 8);
});

test('the length in front of a tagged field grows with it', () => {
  for (const length of [0, 1, 127, 128, 300, 20_000]) {
    const writer = new Writer(1);
    const at = writer.beginTagged(5);
    writer.raw(new Uint8Array(length).fill(9));
    writer.endTagged(at);
    writer.int8(7);
    const reader = new Reader(writer.toBytes());
    assert.equal(reader.uvarint(), 5);
    const end = reader.taggedEnd();
    assert.equal(end - reader.position, length);
    reader.skipTo(end);
    assert.equal(reader.int8(), 7);
    assert.equal(reader.remaining, 0);
  }
});

function readerOf(hex: string): Reader {
  return new Reader(Buffer.from(hex, 'hex'));
}

function written(write: (writer: Writer) => void): string {
  const writer = new Writer(1);
  write(writer);
  return Buffer.from(writer.toBytes()).toString('hex');
}
