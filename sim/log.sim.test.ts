/** Fails when invariants I2 and I4 do not hold. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { simulateLog } from './log-simulation.ts';

const SEEDS = 300;

test(`no acknowledged record is lost, changed or brought back in ${SEEDS} simulated lives of a data directory`, async () => {
  const stops = new Map<string, number>();
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    for (const stop of (await simulateLog(seed)).stops) stops.set(stop, (stops.get(stop) ?? 0) + 1);
  }
  for (const kind of ['clean', 'kill', 'power']) {
    assert.ok((stops.get(kind) ?? 0) >= SEEDS / 4, `too few stops of the kind ${kind} to prove anything`);
  }
});

test('the same seed gives the same life', async () => {
  assert.deepEqual((await simulateLog(7)).trace, (await simulateLog(7)).trace);
});
