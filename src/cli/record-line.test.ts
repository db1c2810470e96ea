import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type LineFormat, recordOfLine } from './record-line.ts';

const plain: LineFormat = { topic: 't', partition: undefined, headers: [], keySeparator: undefined, isJson: false };

function read(text: string, format: Partial<LineFormat>): object {
  const { key, value, headers, ...rest } = recordOfLine(text, 7, { ...plain, ...format });
  return {
    ...rest,
    key: key?.toString(),
    value: value?.toString(),
    headers: headers instanceof Map ? [...headers].map(([name, text]) => [name.toString(), text.toString()]) : [],
  };
}

test('a line is a value, or a key and a value around the separator', () => {
  assert.deepEqual(read('a:b', {}), { topic: 't', key: undefined, value: 'a:b', headers: [] });
  assert.deepEqual(read('a:b:c', { keySeparator: ':' }), { topic: 't', key: 'a', value: 'b:c', headers: [] });
  assert.throws(() => read('ab', { keySeparator: ':' }), /line 7 has no ":" between key and value/);
});

test('a JSON line names key, value, headers, partition and timestamp', () => {
  const line = '{"key":"k","value":{"a":1},"headers":{"h":"1"},"partition":2,"timestamp":5}';
  assert.deepEqual(read(line, { isJson: true, headers: [{ name: 'g', value: '0' }] }), {
    topic: 't',
    key: 'k',
    value: '{"a":1}',
    headers: [
      ['g', '0'],
      ['h', '1'],
    ],
    partition: 2,
    timestamp: 5n,
  });
});

test('null is a tombstone; what consume printed can be produced', () => {
  const line = '{"topic":"x","offset":3,"key":"k","value":null,"headers":{}}';
  assert.deepEqual(read(line, { isJson: true }), { topic: 't', key: 'k', value: undefined, headers: [] });
});

test('a bad JSON line is named by its number', () => {
  assert.throws(() => read('{', { isJson: true }), /line 7 is not JSON/);
  assert.throws(() => read('[]', { isJson: true }), /line 7 is no JSON object/);
  assert.throws(() => read('{"vaule":1}', { isJson: true }), /line 7 has an unknown field "vaule"/);
  assert.throws(() => read('{"partition":"x"}', { isJson: true }), /line 7 has a partition that is no whole number/);
});
