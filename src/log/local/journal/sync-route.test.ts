import assert from 'node:assert/strict';
import { test } from 'node:test';
import { areCrowd } from './sync-route.ts';

test('one log or two sync by themselves, more share the journal', () => {
  assert.deepEqual(
    [1, 2, 3, 100].map((waiting) => areCrowd(waiting, 0)),
    [false, false, true, true],
  );
});

test('syncs that are under way count', () => {
  assert.equal(areCrowd(1, 1), false);
  assert.equal(areCrowd(1, 2), true);
});
