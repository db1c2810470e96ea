import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '../../../sim/seeded-random.ts';
import type { KeyBytes } from './key-entries.ts';
import { KeyMap } from './key-map.ts';

const options = { hashKey: { low: 3, high: 4 }, bytesMax: () => 1e9 };

/** Somewhere in the middle of other bytes, as a record's key. */
function keyBytes(text: string): KeyBytes {
  const key = Buffer.from(text, 'latin1');
  return {
    bytes: Buffer.concat([Buffer.from('before'), key, Buffer.from('behind')]),
    keyStart: 6,
    keyLength: key.length,
  };
}

test('it knows the last offset of each key, and of no other, whatever their number and lengths, each time it is used', () => {
  const random = new SeededRandom(1);
  const keys = new KeyMap(options);
  const text = () => 'k'.repeat(random.below(3)) + String(random.below(60_000)).repeat(random.below(4));
  for (const count of [1, 200, 200_000, 3_000]) {
    const model = new Map<string, number>();
    for (let offset = 0; offset < count; offset += 1) {
      const key = text();
      keys.put(keyBytes(key), offset);
      model.set(key, offset);
    }
    for (const [key, offset] of model) assert.equal(keys.get(keyBytes(key)), offset, key);
    for (let tries = 0; tries < 1_000; tries += 1) {
      const key = `${text()}-`;
      assert.equal(keys.get(keyBytes(key)), -1, key);
    }
    const [known = ''] = model.keys();
    keys.clear();
    assert.equal(keys.get(keyBytes(known)), -1);
  }
});

test('a key that begins with another, an empty one and large ones are told apart', () => {
  const keys = new KeyMap(options);
  const texts = ['', 'a', 'aa', '\0', '\0\0'];
  for (const bytes of [4_000, 4_096, 100_000, 256 * 1024, 1_000_000]) {
    texts.push('x'.repeat(bytes), `${'x'.repeat(bytes - 1)}y`);
  }
  for (let round = 0; round < 2; round += 1) {
    for (const [offset, text] of texts.entries()) keys.put(keyBytes(text), offset);
    for (const [offset, text] of texts.entries()) assert.equal(keys.get(keyBytes(text)), offset);
    keys.clear();
  }
});

test('it is full when its keys take what they may, and a key that is there takes nothing more', () => {
  const keys = new KeyMap({ ...options, bytesMax: () => 1_000 });
  for (let offset = 0; offset < 100; offset += 1) keys.put(keyBytes('the same'), offset);
  assert.ok(!keys.isFull);
  let count = 0;
  for (; !keys.isFull; count += 1) keys.put(keyBytes(`key ${count}`), count);
  assert.ok(count > 5 && count < 25, `${count} keys`);
  keys.clear();
  assert.ok(!keys.isFull);
});

test('one key fits whatever its size and the bound', () => {
  const keys = new KeyMap({ ...options, bytesMax: () => 0 });
  assert.ok(!keys.isFull);
  keys.put(keyBytes('a key'), 7);
  assert.ok(keys.isFull);
  assert.equal(keys.get(keyBytes('a key')), 7);
});

test('it takes no more memory than it counts', () => {
  for (const keyLength of [8, 100, 1_000, 5_000]) {
    const bytesMax = 32e6;
    const keys = new KeyMap({ ...options, bytesMax: () => bytesMax });
    const before = process.memoryUsage().arrayBuffers;
    const bytes = Buffer.alloc(keyLength);
    for (let count = 0; !keys.isFull; count += 1) {
      bytes.writeInt32BE(count);
      keys.put({ bytes, keyStart: 0, keyLength }, count);
    }
    assert.ok(process.memoryUsage().arrayBuffers - before < bytesMax * 1.05, `keys of ${keyLength} bytes`);
  }
});
