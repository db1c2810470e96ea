import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Slots } from './slots.ts';

test('no more pieces run at a time than there are slots, and all of them run in order', async () => {
  const slots = new Slots(2);
  const started: number[] = [];
  let running = 0;
  await Promise.all(
    [0, 1, 2, 3, 4].map((piece) =>
      slots.run(async () => {
        started.push(piece);
        running += 1;
        assert.ok(running <= 2);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
      }),
    ),
  );
  assert.deepEqual(started, [0, 1, 2, 3, 4]);
});

test('a piece that fails gives its slot back', async () => {
  const slots = new Slots(1);
  const failed = slots.run(() => Promise.reject(new Error('failed')));
  const after = slots.run(async () => 'ran');
  await assert.rejects(failed, /failed/);
  assert.equal(await after, 'ran');
});

test('a failure of one of many is told when the others have ended', async () => {
  const slots = new Slots(2);
  let atWork = 0;
  const work = (fails: boolean) => async () => {
    atWork += 1;
    await new Promise(setImmediate);
    atWork -= 1;
    if (fails) throw new Error('this one');
    return atWork;
  };
  await assert.rejects(slots.all([work(true), work(false), work(false), work(false)]), /this one/);
  assert.equal(atWork, 0);
});

test('the results of many are in their order, whichever ends first', async () => {
  const late = async () => {
    await new Promise(setImmediate);
    return 'late';
  };
  assert.deepEqual(await new Slots(2).all([late, async () => 'first']), ['late', 'first']);
  assert.deepEqual(await new Slots(1).all([]), []);
});
