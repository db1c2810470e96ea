import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from './limits.ts';
import { ReadBuffers } from './read-buffers.ts';

const LARGE = 100_000;

test('a buffer that was given back is lent again, at any length', () => {
  const buffers = new ReadBuffers();
  const first = buffers.borrow(LARGE);
  buffers.giveBack(first.subarray(10, 20));
  const second = buffers.borrow(limits.logReadBytes);
  assert.equal(second.buffer, first.buffer);
  assert.equal(second.length, limits.logReadBytes);
});

test('a buffer is not lent twice', () => {
  const buffers = new ReadBuffers();
  const first = buffers.borrow(LARGE);
  assert.notEqual(buffers.borrow(LARGE).buffer, first.buffer);
  buffers.giveBack(first);
  buffers.giveBack(first);
  assert.notEqual(buffers.borrow(LARGE).buffer, buffers.borrow(LARGE).buffer);
});

test('what was never lent is not taken', () => {
  const buffers = new ReadBuffers();
  const own = Buffer.allocUnsafeSlow(limits.logReadBytes);
  buffers.giveBack(own);
  assert.equal(buffers.isLent(own), false);
  assert.notEqual(buffers.borrow(LARGE).buffer, own.buffer);
});

test('small and huge reads have memory of their own', () => {
  const buffers = new ReadBuffers();
  for (const bytes of [0, 1_000, limits.logReadBytes + 1]) {
    const part = buffers.borrow(bytes);
    assert.equal(part.length, bytes);
    assert.equal(buffers.isLent(part), false);
  }
});

test('only so many are kept', () => {
  const buffers = new ReadBuffers();
  const lent = Array.from({ length: limits.freeReadBuffers + 1 }, () => buffers.borrow(LARGE));
  for (const part of lent) buffers.giveBack(part);
  const known = new Set(lent.map((part) => part.buffer));
  const again = Array.from({ length: lent.length }, () => buffers.borrow(LARGE));
  assert.equal(again.filter((part) => known.has(part.buffer)).length, limits.freeReadBuffers);
});
