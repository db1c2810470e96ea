import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReadBuffers } from '../base/read-buffers.ts';
import { LeavingReads } from './leaving-reads.ts';

test('a read buffer is given back when all its bytes have left, and not before', () => {
  const buffers = new ReadBuffers();
  const leaving = new LeavingReads(buffers);
  const first = buffers.borrow(100_000);
  const second = buffers.borrow(100_000);
  leaving.handed([new Uint8Array(10), first]);
  leaving.handed([new Uint8Array(10), second]);
  leaving.left(200_020);
  leaving.left(100_011);
  assert.ok(buffers.isLent(first));
  leaving.left(100_010);
  assert.ok(!buffers.isLent(first));
  assert.ok(buffers.isLent(second));
  leaving.left(0);
  assert.ok(!buffers.isLent(second));
});
