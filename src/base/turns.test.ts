import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Turns } from './turns.ts';

test('work runs one piece at a time, in order', async () => {
  const turns = new Turns();
  const log: string[] = [];
  const work = (name: string) => async () => {
    log.push(`${name} begins`);
    await Promise.resolve();
    log.push(`${name} ends`);
    return name;
  };
  const names = await Promise.all([turns.take(work('a')), turns.take(work('b'))]);
  assert.deepEqual(names, ['a', 'b']);
  assert.deepEqual(log, ['a begins', 'a ends', 'b begins', 'b ends']);
  assert.equal(turns.waiting, 0);
});

test('a failure reaches its own caller and nobody else', async () => {
  const turns = new Turns();
  const failing = turns.take(async () => {
    throw new Error('no');
  });
  const following = turns.take(async () => 'yes');
  await assert.rejects(failing, /no/);
  assert.equal(await following, 'yes');
});
