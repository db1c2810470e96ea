import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GatheredBytes } from './gathered-bytes.ts';

test('pieces and parts of pieces come one after the other, however many they are', () => {
  const gathered = new GatheredBytes();
  const expected: number[] = [];
  for (let index = 0; index < 300; index += 1) {
    const piece = Uint8Array.from({ length: index % 50 }, (_, at) => index + at);
    gathered.add(piece);
    gathered.add(piece, 3, Math.max(3, piece.length - 2));
    expected.push(...piece, ...piece.subarray(3, Math.max(3, piece.length - 2)));
  }
  assert.deepEqual([...gathered.bytes], expected);
});

test('what was cut off is written over in the same memory', () => {
  const gathered = new GatheredBytes();
  gathered.add(Uint8Array.of(1, 2, 3));
  const { memory } = gathered;
  gathered.cut(1);
  gathered.memory[gathered.grow(1)] = 9;
  assert.deepEqual([...gathered.bytes], [1, 9]);
  assert.equal(gathered.memory, memory);
});
