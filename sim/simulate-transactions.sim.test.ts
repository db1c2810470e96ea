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
  const { trace } = await simulateTransactions(5);
  assert.ok(trace.length > 200, 'the world is long enough');
  assert.equal((await simulateTransactions(5)).trace.join('\n'), trace.join('\n'));
});
