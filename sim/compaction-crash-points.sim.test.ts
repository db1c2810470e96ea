/** Fails when invariant I21 does not hold. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apart } from './apart/apart.ts';

test('a power loss at any disk call of a compaction leaves the latest value of each key', async () => {
  const calls = await apart('crashAtEachCall');
  assert.ok(calls > 300, `the life is long enough: ${calls}`);
});

test('nor does one while the next process finishes what a killed one has left of a swap', async () => {
  const crashes = await apart('crashAfterEachKill');
  assert.ok(crashes > 500, `each opening is long enough: ${crashes}`);
});

test('a compacted segment that takes its place without having been synced is found', async () => {
  assert.ok(await apart('findsPlanted', 'contents are not synced'));
});

test('names of a swap that are not synced step by step are found', async () => {
  assert.ok(await apart('findsPlanted', 'names are not synced'));
});
