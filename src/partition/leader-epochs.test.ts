import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endOffsetOfEpoch, epochOfOffset } from './leader-epochs.ts';

const epochs = [
  { epoch: 2, startOffset: 10 },
  { epoch: 4, startOffset: 20 },
  { epoch: 5, startOffset: 30 },
];
const end = (epoch: number) => Object.values(endOffsetOfEpoch(epochs, epoch, 40));

test('an epoch ends where the next one begins, and the last one at the log end', () => {
  assert.deepEqual(end(2), [2, 20]);
  assert.deepEqual(end(4), [4, 30]);
  assert.deepEqual(end(5), [5, 40]);
});

test('an epoch that wrote nothing ends where the one before it does', () => {
  assert.deepEqual(end(3), [2, 20]);
});

test('an epoch before the first keeps its number and ends where the first begins, even a negative one, as in Kafka', () => {
  assert.deepEqual(end(1), [1, 10]);
  assert.deepEqual(end(-2), [-2, 10]);
});

test('no epoch, an epoch of the future and an empty history are not known', () => {
  assert.deepEqual(end(-1), [-1, -1]);
  assert.deepEqual(end(6), [-1, -1]);
  assert.deepEqual(Object.values(endOffsetOfEpoch([], 0, 0)), [-1, -1]);
});

test('an offset belongs to the last epoch that begins at or before it', () => {
  assert.deepEqual(
    [9, 10, 19, 20, 35, 40].map((offset) => epochOfOffset(epochs, offset)),
    [-1, 2, 2, 4, 5, 5],
  );
});
