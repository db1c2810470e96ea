import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MalformedBatch } from './malformed-batch.ts';
import { RecordCursor } from './record-cursor.ts';
import { type WritableRecord, writeRecords } from './record-writer.ts';

const PLAIN: WritableRecord = { timestampDelta: 0, offsetDelta: 0, key: null, value: Buffer.from('v'), headers: [] };

function cursorOver(bytes: Uint8Array): RecordCursor {
  return new RecordCursor(bytes, 0, bytes.length);
}

test('records of every shape are read as they were written', () => {
  const numbers = [0, -1, 63, 64, -65, 8_191, 8_192, 2 ** 31 - 1, -(2 ** 31), 2 ** 40, -(2 ** 52)];
  const sizes = [0, 1, 63, 64, 8_191, 8_192, 100_000];
  const records: WritableRecord[] = [
    ...numbers.map((timestampDelta) => ({ ...PLAIN, timestampDelta })),
    ...numbers.filter((number) => Math.abs(number) <= 2 ** 31).map((offsetDelta) => ({ ...PLAIN, offsetDelta })),
    ...sizes.flatMap((size) => [
      { ...PLAIN, key: Buffer.alloc(size, 1) },
      { ...PLAIN, value: Buffer.alloc(size, 2) },
    ]),
    {
      ...PLAIN,
      value: null,
      headers: [
        { key: 'ключ', value: null },
        { key: '', value: Buffer.alloc(70) },
      ],
    },
  ];
  const cursor = cursorOver(writeRecords(records));
  for (const record of records) {
    cursor.next();
    assert.equal(cursor.timestampDelta, record.timestampDelta);
    assert.equal(cursor.offsetDelta, record.offsetDelta);
    assert.equal(cursor.keyLength, record.key?.length ?? -1);
    assert.equal(cursor.valueLength, record.value?.length ?? -1);
    const value = cursor.bytes.subarray(cursor.valueStart, cursor.valueStart + cursor.valueLength);
    if (record.value !== null) assert.ok(Buffer.from(record.value).equals(value));
    assert.deepEqual(
      cursor.headers().map(({ key, value: bytes }) => [key, bytes?.length]),
      record.headers.map(({ key, value: bytes }) => [key, bytes?.length]),
    );
  }
  assert.ok(cursor.atEnd);
  cursor.rewind();
  cursor.next();
  assert.equal(cursor.timestampDelta, 0);
});

test('a timestamp delta beyond 2^53 saturates', () => {
  const largest = [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
  const body = [0, ...largest, 0, 1, 1, 0];
  const cursor = cursorOver(Uint8Array.of(body.length * 2, ...body));
  cursor.next();
  assert.equal(cursor.timestampDelta, Number.MAX_SAFE_INTEGER);
});

test('a record that is cut off anywhere is malformed', () => {
  const whole = writeRecords([{ ...PLAIN, key: Buffer.from('key'), headers: [{ key: 'h', value: Buffer.from('x') }] }]);
  for (let length = 0; length < whole.length; length += 1) {
    assert.throws(() => cursorOver(whole.subarray(0, length)).next(), MalformedBatch, `${length} bytes`);
  }
});

test('a plain record that is cut off anywhere is malformed', () => {
  const whole = writeRecords([PLAIN]);
  for (let length = 0; length < whole.length; length += 1) {
    assert.throws(() => cursorOver(whole.subarray(0, length)).next(), MalformedBatch, `${length} bytes`);
  }
});
