import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { playFairly } from './play-fairly.ts';
import type { Scenario } from './scenario.ts';
import { Variables } from './variables.ts';

const waiting: Scenario = { name: 'a/b', about: '', steps: [{ sleepMs: 300 }] };

/** Fails until `goodFrom`; with `stalls` nothing else can run for a while. Answers how often it was played. */
async function plays(scenario: Scenario, { goodFrom, stalls }: { goodFrom: number; stalls: boolean }): Promise<number> {
  let count = 0;
  const played = await playFairly(scenario, async () => {
    count += 1;
    await sleep(30);
    for (const until = performance.now() + (stalls ? 150 : 0); performance.now() < until; );
    await sleep(30);
    return { scenario, steps: [], problems: count < goodFrom ? ['late'] : [], variables: new Variables() };
  });
  assert.equal(played.problems.length === 0, count >= goodFrom);
  return count;
}

test('a scenario that waits for a time is played again when it failed while nothing could run', async () => {
  assert.equal(await plays(waiting, { goodFrom: 3, stalls: true }), 3);
});

test('a scenario that goes on failing fails', async () => {
  assert.equal(await plays(waiting, { goodFrom: 100, stalls: true }), 4);
});

test('what does not go by the clock, or cannot be played twice, is played once', async () => {
  assert.equal(await plays({ ...waiting, steps: [] }, { goodFrom: 2, stalls: true }), 1);
  assert.equal(await plays({ ...waiting, isolate: true }, { goodFrom: 2, stalls: true }), 1);
});
