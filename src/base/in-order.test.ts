import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inOrder } from './in-order.ts';

/** Ends the work of the items in the order in which the test wants them to end. */
function held() {
  const ends = new Map<number, (error?: Error) => void>();
  const begun: number[] = [];
  const work = (item: number) => {
    begun.push(item);
    return new Promise<string>((resolve, reject) => {
      ends.set(item, (error) => (error === undefined ? resolve(`result ${item}`) : reject(error)));
    });
  };
  const end = async (item: number, error?: Error) => {
    ends.get(item)?.(error);
    await new Promise(setImmediate);
  };
  return { begun, work, end };
}

test('as many as wanted are under way, and the results are in order', async () => {
  const { begun, work, end } = held();
  const results = inOrder([0, 1, 2, 3], work, 2);
  assert.deepEqual(begun, [0, 1]);
  await end(1);
  assert.deepEqual(begun, [0, 1, 2]);
  await end(2);
  await end(3);
  await end(0);
  assert.deepEqual(await results, ['result 0', 'result 1', 'result 2', 'result 3']);
});

test('one is under way when nothing else is said', async () => {
  const { begun, work, end } = held();
  const results = inOrder([0, 1], work);
  assert.deepEqual(begun, [0]);
  await end(0);
  assert.deepEqual(begun, [0, 1]);
  await end(1);
  assert.deepEqual(await results, ['result 0', 'result 1']);
});

test('after a failure nothing more begins, and it is told when the others have ended', async () => {
  const { begun, work, end } = held();
  let isOver = false;
  const results = inOrder([0, 1, 2], work, 2).finally(() => {
    isOver = true;
  });
  const failing = assert.rejects(results, /this one/);
  await end(0, new Error('this one'));
  assert.deepEqual([isOver, begun], [false, [0, 1]]);
  await end(1);
  assert.equal(isOver, true);
  await failing;
});

test('nothing comes of nothing', async () => {
  assert.deepEqual(await inOrder([], () => 1, 2), []);
});
