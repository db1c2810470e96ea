/** Fails when invariants I15, I16, I18 and I19 do not hold. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { simulateTransactions } from './simulate-transactions.ts';

const SEEDS = 40;

test(`transactions are whole or not there in ${SEEDS} simulated worlds`, async () => {
  let committed = 0;
  for (let seed = 1; seed <= SEEDS; seed += 1) committed += (await simulateTransactions(seed)).transactions;
  assert.ok(committed > 20 * SEEDS, `${committed} transactions are too few to prove anything`);
});

test('the same seed gives the same world of transactions, byte for byte', async () => {
  let lines = 0;
  for (const seed of [1, 7, 8]) {
    const { trace } = await simulateTransactions(seed);
    assert.equal((await simulateTransactions(seed)).trace.join('\n'), trace.join('\n'));
    lines += trace.length;
  }
  assert.ok(lines > 500, `${lines} lines are too few to prove anything`);
});
