/** Fails when invariants I2 and I4 do not hold. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apart } from './apart/apart.ts';

const SEEDS = 300;

test(`no acknowledged record is lost, changed or brought back in ${SEEDS} simulated lives of a data directory`, async () => {
  const { stops, compactions } = await apart('lives', SEEDS);
  for (const kind of ['clean', 'kill', 'power']) {
    assert.ok((stops[kind] ?? 0) >= SEEDS / 4, `too few stops of the kind ${kind} to prove anything`);
  }
  assert.ok(compactions >= SEEDS / 2, `too few compactions to prove anything: ${compactions}`);
});

test('the same seed gives the same life', async () => {
  for (const seed of [7, 9]) {
    const [trace, again] = await apart('tracesOf', 'life', seed);
    assert.equal(again, trace);
  }
});
