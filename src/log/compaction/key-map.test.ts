import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '../../../sim/seeded-random.ts';
import { type KeyBytes, KeyMap } from './key-map.ts';

const hashKey = { low: 3, high: 4 };

/** Somewhere in the middle of other bytes, as a record's key. */
function keyBytes(text: string): KeyBytes {
  const key = Buffer.from(text, 'latin1');
  return {
    bytes: Buffer.concat([Buffer.from('before'), key, Buffer.from('behind')]),
    keyStart: 6,
    keyLength: key.length,
  };
}

test('it knows the last offset of each key, and of no other, whatever their number and lengths', () => {
  const random = new SeededRandom(1);
  const keys = new KeyMap({ bytesMax: 1e9, hashKey });
  const model = new Map<string, number>();
  const text = () => 'k'.repeat(random.below(3)) + String(random.below(60_000)).repeat(random.below(4));
  for (let offset = 0; offset < 200_000; offset += 1) {
    const key = text();
    keys.put(keyBytes(key), offset);
    model.set(key, offset);
  }
  for (const [key, offset] of model) assert.equal(keys.get(keyBytes(key)), offset, key);
  for (let count = 0; count < 1_000; count += 1) {
    const key = `${text()}-`;
    assert.equal(keys.get(keyBytes(key)), -1, key);
  }
});

test('a key that begins with another, an empty one and a large one are told apart', () => {
  const keys = new KeyMap({ bytesMax: 1e9, hashKey });
  const texts = ['', 'a', 'aa', '\0', '\0\0', 'x'.repeat(100_000), `${'x'.repeat(99_999)}y`];
  for (const [offset, text] of texts.entries()) keys.put(keyBytes(text), offset);
  for (const [offset, text] of texts.entries()) assert.equal(keys.get(keyBytes(text)), offset);
});

test('it is full when its keys take what they may, and a key that is there takes nothing more', () => {
  const keys = new KeyMap({ bytesMax: 1_000, hashKey });
  for (let offset = 0; offset < 100; offset += 1) keys.put(keyBytes('the same'), offset);
  assert.ok(!keys.isFull);
  let count = 0;
  for (; !keys.isFull; count += 1) keys.put(keyBytes(`key ${count}`), count);
  assert.ok(count > 5 && count < 20, `${count} keys`);
});
