import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SharedRuns } from './shared-runs.ts';

/** Work whose runs end when the test says so. */
function heldWork() {
  const ends: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const work = () => new Promise<void>((resolve, reject) => ends.push({ resolve, reject }));
  return { ends, runs: new SharedRuns(work) };
}

test('who asks while a run is under way shares the next one', async () => {
  const { ends, runs } = heldWork();
  const first = runs.run();
  const later = [runs.run(), runs.run()];
  assert.equal(ends.length, 1);
  ends[0]?.resolve();
  await first;
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(ends.length, 2);
  ends[1]?.resolve();
  await Promise.all(later);
  assert.equal(ends.length, 2);
});

test('a run that fails fails for those whom it served, and not for the next', async () => {
  const { ends, runs } = heldWork();
  const first = runs.run();
  const second = runs.run();
  ends[0]?.reject(new Error('no'));
  await assert.rejects(first, /no/);
  await new Promise((resolve) => setImmediate(resolve));
  ends[1]?.resolve();
  await second;
});
