import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JoinedParts } from './joined-parts.ts';

function joined(...pieces: readonly Uint8Array[]): readonly Uint8Array[] {
  const parts = new JoinedParts();
  for (const piece of pieces) parts.add(piece);
  return parts.take();
}

const memory = Uint8Array.from([1, 2, 3, 4, 5, 6]);
const other = memory.slice();

test('what lies side by side becomes one view of the same memory', () => {
  const parts = joined(memory.subarray(1, 2), memory.subarray(2, 4), memory.subarray(4));
  assert.deepEqual(parts, [Uint8Array.from([2, 3, 4, 5, 6])]);
  assert.equal(parts[0]?.buffer, memory.buffer);
});

test('a gap, a step back and another memory each begin a new part', () => {
  const parts = joined(memory.subarray(0, 2), memory.subarray(3, 4), memory.subarray(0, 1), other.subarray(1, 3));
  assert.deepEqual(
    parts.map((part) => [...part]),
    [[1, 2], [4], [1], [2, 3]],
  );
});

test('a piece alone stays the view that it is, and nothing gives no parts', () => {
  const piece = memory.subarray(2, 4);
  assert.equal(joined(piece)[0], piece);
  assert.deepEqual(joined(), []);
});
