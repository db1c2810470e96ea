/** Fails when invariants I1, I3, I5, I7, I10 and I33 do not hold. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { simulate } from './simulate.ts';

const SEEDS = 60;

test(`a whole broker keeps its promises in ${SEEDS} simulated worlds`, async () => {
  const ends = new Map<string, number>();
  let made = 0;
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const world = await simulate(seed);
    for (const end of world.ends) ends.set(end, (ends.get(end) ?? 0) + 1);
    made += world.backups;
  }
  assert.ok(made > SEEDS / 4, `${made} backups are too few to prove anything`);
  for (const kind of ['clean', 'kill', 'power']) {
    assert.ok((ends.get(kind) ?? 0) >= SEEDS / 4, `too few ends of the kind ${kind} to prove anything`);
  }
});

test('the same seed gives the same world, byte for byte', async () => {
  for (const [seed, mood] of [[3], [11], [10, 'careful']] as const) {
    const { trace } = await simulate(seed, mood);
    assert.ok(trace.length > 500, 'the world is long enough');
    assert.equal((await simulate(seed, mood)).trace.join('\n'), trace.join('\n'));
  }
});
