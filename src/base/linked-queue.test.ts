import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LinkedQueue } from './linked-queue.ts';

interface Numbered {
  readonly value: number;
  next: Numbered | undefined;
}

test('elements come out in the order in which they went in, also when the queue was empty in between', () => {
  const queue = new LinkedQueue<Numbered>();
  const taken: number[] = [];
  for (const count of [1, 3, 2]) {
    for (let value = 0; value < count; value += 1) queue.push({ value, next: undefined });
    for (let first = queue.first; first !== undefined; first = queue.first) {
      taken.push(first.value);
      queue.shift();
      assert.equal(first.next, undefined);
    }
  }
  assert.deepEqual(taken, [0, 0, 1, 2, 0, 1]);
});
