/** Fails when invariants I15, I16, I18, I19 and I33 do not hold. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { simulateTransactions } from './simulate-transactions.ts';

const SEEDS = 40;
const BACKED_UP = 8;

test(`transactions are whole or not there in ${SEEDS} simulated worlds`, async () => {
  let committed = 0;
  for (let seed = 1; seed <= SEEDS; seed += 1) committed += (await simulateTransactions(seed)).transactions;
  assert.ok(committed > 20 * SEEDS, `${committed} transactions are too few to prove anything`);
});

test(`a backup has transactions whole or not at all in ${BACKED_UP} simulated worlds`, async () => {
  let made = 0;
  for (let seed = 1; seed <= BACKED_UP; seed += 1) made += (await simulateTransactions(seed, 'careful')).backups;
  assert.ok(made > BACKED_UP / 2, `${made} backups are too few to prove anything`);
});

test('the same seed gives the same world of transactions, byte for byte', async () => {
  let lines = 0;
  for (const [seed, mood] of [[1], [7], [8], [3, 'careful']] as const) {
    const { trace } = await simulateTransactions(seed, mood);
    assert.equal((await simulateTransactions(seed, mood)).trace.join('\n'), trace.join('\n'));
    lines += trace.length;
  }
  assert.ok(lines > 500, `${lines} lines are too few to prove anything`);
});
