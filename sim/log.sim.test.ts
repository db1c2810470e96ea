/** Fails when invariants I2 and I4 do not hold. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { simulateLog } from './log-simulation.ts';

const SEEDS = 300;

test(`no acknowledged record is lost, changed or brought back in ${SEEDS} simulated lives of a data directory`, async () => {
  const stops = new Map<string, number>();
  let compactions = 0;
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const life = await simulateLog(seed);
    for (const stop of life.stops) stops.set(stop, (stops.get(stop) ?? 0) + 1);
    compactions += life.trace.filter((line) => /^compaction .* leaves [1-9]/.test(line)).length;
  }
  for (const kind of ['clean', 'kill', 'power']) {
    assert.ok((stops.get(kind) ?? 0) >= SEEDS / 4, `too few stops of the kind ${kind} to prove anything`);
  }
  assert.ok(compactions >= SEEDS / 2, `too few compactions to prove anything: ${compactions}`);
});

test('the same seed gives the same life', async () => {
  for (const seed of [7, 9]) assert.deepEqual((await simulateLog(seed)).trace, (await simulateLog(seed)).trace);
});
