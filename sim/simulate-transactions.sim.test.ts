/** Fails when invariants I15, I16, I18, I19 and I33 do not hold. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apart } from './apart/apart.ts';

const SEEDS = 40;
const BACKED_UP = 8;

test(`transactions are whole or not there in ${SEEDS} simulated worlds`, async () => {
  const { transactions } = await apart('worldsOfTransactions', SEEDS, 'common');
  assert.ok(transactions > 20 * SEEDS, `${transactions} transactions are too few to prove anything`);
});

test(`a backup has transactions whole or not at all in ${BACKED_UP} simulated worlds`, async () => {
  const { backups } = await apart('worldsOfTransactions', BACKED_UP, 'careful');
  assert.ok(backups > BACKED_UP / 2, `${backups} backups are too few to prove anything`);
});

test('the same seed gives the same world of transactions, byte for byte', async () => {
  let lines = 0;
  for (const [seed, mood] of [[1], [7], [8], [3, 'careful']] as const) {
    const [trace, again] = await apart('tracesOf', 'transactions', seed, mood);
    assert.equal(again, trace);
    lines += trace.split('\n').length;
  }
  assert.ok(lines > 500, `${lines} lines are too few to prove anything`);
});
