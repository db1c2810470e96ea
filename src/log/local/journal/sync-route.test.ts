import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JOURNALLED_LOG_BYTES_MAX, journalled, type SyncWish } from './sync-route.ts';

const small: SyncWish = { journalBytes: 200 };

function crowd(count: number): SyncWish[] {
  return Array.from({ length: count }, () => small);
}

test('a lone log is synced where it is', () => {
  assert.deepEqual(journalled([small], 0), [false]);
});

test('a crowd shares the journal', () => {
  assert.ok(journalled(crowd(2), 0).every((goes) => !goes));
  assert.ok(journalled(crowd(3), 0).every((goes) => goes));
});

test('syncs that are under way count', () => {
  assert.deepEqual(journalled([small], 2), [true]);
});

test('a log with much to write, or with batches that are not in memory, does not go into the journal', () => {
  const wishes = [...crowd(10), { journalBytes: JOURNALLED_LOG_BYTES_MAX + 1 }, { journalBytes: undefined }];
  assert.deepEqual(journalled(wishes, 0).slice(10), [false, false]);
});
