/** Fails when invariant I11 does not hold. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProducerIds } from './producer-ids.ts';

test('ids of many askers at once are all different, and each block is taken once', async () => {
  let blocks = 0;
  const ids = new ProducerIds(async () => ({ first: 3 * blocks++, count: 3 }));
  const taken = await Promise.all(Array.from({ length: 10 }, () => ids.take()));
  assert.deepEqual(
    taken.toSorted((left, right) => left - right),
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  );
  assert.equal(blocks, 4);
});

test('a block that could not be had fails those who asked, and the next one asks again', async () => {
  let fails = true;
  const ids = new ProducerIds(async () => {
    if (fails) throw new Error('no metadata');
    return { first: 7, count: 1 };
  });
  await assert.rejects(ids.take(), /no metadata/);
  fails = false;
  assert.equal(await ids.take(), 7);
});
