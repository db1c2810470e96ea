import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type OffsetWaiter, OffsetWaiters } from './offset-waiters.ts';
import { PartitionFault } from './partition-fault.ts';

function recorder(): OffsetWaiter & { readonly told: [number, string][] } {
  const told: [number, string][] = [];
  return { told, settle: (token, fault) => told.push([token, fault?.kind ?? 'reached']) };
}

test('those whose offset is reached are told once, in the order in which they asked', () => {
  const waiters = new OffsetWaiters();
  const waiter = recorder();
  for (const offset of [3, 5, 9]) waiters.add(offset, waiter, offset);
  waiters.release(2);
  assert.equal(waiter.told.length, 0);
  waiters.release(5);
  assert.deepEqual(waiter.told, [
    [3, 'reached'],
    [5, 'reached'],
  ]);
  waiters.release(100);
  assert.equal(waiter.told.length, 3);
});

test('an older offset behind a newer one is told late, never early', () => {
  const waiters = new OffsetWaiters();
  const waiter = recorder();
  waiters.add(9, waiter, 9);
  waiters.add(3, waiter, 3);
  waiters.release(3);
  assert.equal(waiter.told.length, 0);
  waiters.release(9);
  assert.deepEqual(
    waiter.told.map(([token]) => token),
    [9, 3],
  );
});

test('a fault is told to everyone who still waits', () => {
  const waiters = new OffsetWaiters();
  const waiter = recorder();
  for (const offset of [1, 2, 3]) waiters.add(offset, waiter, offset);
  waiters.release(1);
  waiters.fail(new PartitionFault({ kind: 'storage', topic: 't', partition: 0 }));
  assert.deepEqual(waiter.told, [
    [1, 'reached'],
    [2, 'storage'],
    [3, 'storage'],
  ]);
});

test('thousands come and go without those in front being kept', () => {
  const waiters = new OffsetWaiters();
  const waiter = recorder();
  for (let offset = 1; offset <= 10_000; offset++) {
    waiters.add(offset, waiter, offset);
    if (offset > 10) waiters.release(offset - 10);
  }
  assert.equal(waiter.told.length, 9_990);
  assert.ok(waiter.told.every(([token], index) => token === index + 1));
});

test('a waiter may add another one while it is told', () => {
  const waiters = new OffsetWaiters();
  const second = recorder();
  waiters.add(1, { settle: () => waiters.add(2, second, 7) }, 0);
  waiters.release(1);
  assert.equal(second.told.length, 0);
  waiters.release(2);
  assert.deepEqual(second.told, [[7, 'reached']]);
});
