/** Fails when invariants I1, I3, I5, I7, I10, I23 and I33 do not hold. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apart } from './apart/apart.ts';

const SEEDS = 60;

test(`a whole broker keeps its promises in ${SEEDS} simulated worlds`, async () => {
  const { ends, backups } = await apart('worlds', SEEDS);
  assert.ok(backups > SEEDS / 4, `${backups} backups are too few to prove anything`);
  for (const kind of ['clean', 'kill', 'power']) {
    assert.ok((ends[kind] ?? 0) >= SEEDS / 4, `too few ends of the kind ${kind} to prove anything`);
  }
});

test('the same seed gives the same world, byte for byte', async () => {
  for (const [seed, mood] of [[12], [11], [8, 'careful']] as const) {
    const [trace, again] = await apart('tracesOf', 'world', seed, mood);
    assert.ok(trace.split('\n').length > 500, 'the world is long enough');
    assert.equal(again, trace);
  }
});
