import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ConsumedRecord, recordFormatter, recordJson } from './format.ts';

const record: ConsumedRecord = {
  topic: 'orders',
  partition: 2,
  offset: 7n,
  timestamp: 1_700_000_000_000n,
  key: Buffer.from('k'),
  value: Buffer.from([0xff, 0x41]),
  headers: [[Buffer.from('a'), Buffer.from('b')]],
};

test('a format string names fields and escapes; bytes stay bytes', () => {
  const bytes = recordFormatter('%t/%p@%o %T %h %k=%s%%\\n')?.(record);
  const expected = Buffer.concat([
    Buffer.from('orders/2@7 1700000000000 a=b k='),
    Buffer.from([0xff, 0x41]),
    Buffer.from('%\n'),
  ]);
  assert.deepEqual(bytes, expected);
  assert.equal(recordFormatter('100%')?.(record).toString(), '100%');
});

test('a field that does not exist makes no formatter', () => {
  assert.equal(recordFormatter('%x'), undefined);
});

test('a record without key and value prints nothing for them, and null as JSON', () => {
  const tombstone = { ...record, key: null, value: null, headers: [] };
  assert.equal(recordFormatter('[%k][%s]')?.(tombstone).toString(), '[][]');
  assert.deepEqual(JSON.parse(recordJson(tombstone)), {
    topic: 'orders',
    partition: 2,
    offset: 7,
    timestamp: 1_700_000_000_000,
    key: null,
    value: null,
    headers: {},
  });
});
