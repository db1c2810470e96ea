import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually, within } from './eventually.ts';

const never = () => new Promise<boolean>(() => {});

test('what takes too long is named', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const waiting = within('the broker answers', never(), 5_000);
  t.mock.timers.tick(5_000);
  await assert.rejects(waiting, { message: 'not done after 5 s: the broker answers' });
});

test('what is done in time keeps its value, or its error', async () => {
  assert.equal(await within('one', Promise.resolve(1)), 1);
  await assert.rejects(within('two', Promise.reject(new Error('refused'))), { message: 'refused' });
});

test('a question that is never answered is not waited for', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const waiting = eventually('the group has a member', never);
  t.mock.timers.tick(30_000);
  await assert.rejects(waiting, { message: 'not done after 30 s: the group has a member' });
});
