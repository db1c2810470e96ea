/** A real broker under load by real clients dies at random moments, and comes back with everything that it has acknowledged. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Violation } from '../../sim/world/world.ts';
import { crashRounds } from './crash-rounds.ts';
import { whyNoPowerLoss } from './stable-storage.ts';

const ROUNDS = 3;
/** With `durability=os`, within which a power loss takes something that was acknowledged. */
const ROUNDS_UNTIL_LOSS = 5;
const skip = whyNoPowerLoss();
// Another one each time: a seed does not replay what operating system and clients did, it only says what was tried.
const seed = Date.now() % 1_000_000;

test(`${ROUNDS} kills lose nothing that was acknowledged and double nothing`, async (t) => {
  const report = await crashRounds({ seed, death: 'kill', isOver: (rounds) => rounds === ROUNDS });
  t.diagnostic(`seed ${seed}: ${JSON.stringify(report)}`);
  assert.ok(report.acknowledged > 100 && report.commits > 0, 'the load was there');
});

test(`${ROUNDS} power losses lose nothing that was acknowledged and double nothing`, { skip }, async (t) => {
  const report = await crashRounds({ seed, death: 'power', isOver: (rounds) => rounds === ROUNDS });
  t.diagnostic(`seed ${seed}: ${JSON.stringify(report)}`);
  assert.ok(report.acknowledged > 100 && report.commits > 0, 'the load was there');
});

test('without syncs, a power loss takes acknowledged records, and is found out', { skip }, async () => {
  const settings = ['durability=os'];
  const rounds = crashRounds({ seed, death: 'power', settings, isOver: (count) => count === ROUNDS_UNTIL_LOSS });
  await assert.rejects(rounds, Violation);
});
