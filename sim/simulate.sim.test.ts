/** Fails when invariants I1, I3, I5, I7 and I10 do not hold. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { simulate } from './simulate.ts';

const SEEDS = 60;

test(`a whole broker keeps its promises in ${SEEDS} simulated worlds`, async () => {
  const ends = new Map<string, number>();
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    for (const end of (await simulate(seed)).ends) ends.set(end, (ends.get(end) ?? 0) + 1);
  }
  for (const kind of ['clean', 'kill', 'power']) {
    assert.ok((ends.get(kind) ?? 0) >= SEEDS / 4, `too few ends of the kind ${kind} to prove anything`);
  }
});

test('the same seed gives the same world, byte for byte', async () => {
  for (const seed of [3, 11]) {
    const { trace } = await simulate(seed);
    assert.ok(trace.length > 500, 'the world is long enough');
    assert.equal((await simulate(seed)).trace.join('\n'), trace.join('\n'));
  }
});
