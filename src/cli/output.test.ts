import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonText, shortUuid, tableText } from './output.ts';

test('a table has columns as wide as their longest cell, numbers to the right', () => {
  const rows = [
    ['orders', 12n, null],
    ['a', 3n, true],
  ];
  assert.equal(
    tableText({ columns: ['topic', 'lag', 'x'], rows }),
    'TOPIC   LAG  X\norders   12  -\na         3  true\n',
  );
});

test('an int64 is a JSON number as long as that loses nothing', () => {
  assert.equal(jsonText({ a: 5n, b: 2n ** 60n }), '{"a":5,"b":"1152921504606846976"}');
});

test('a uuid has the 22 characters of Kafka', () => {
  assert.equal(shortUuid('16c4168e-02c5-4e34-874d-1f0430898364'), 'FsQWjgLFTjSHTR8EMImDZA');
});
