/** Fails when invariant I17 does not hold. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  assertTransition,
  isStatus,
  numberOfStatus,
  statusOfNumber,
  type TransactionStatus,
} from './transaction-status.ts';

const statuses = Array.from({ length: 8 }, (_, number) => statusOfNumber(number) ?? 'Empty');

test('a transaction takes the steps of Apache Kafka and no others', () => {
  const allowed: Record<TransactionStatus, string> = {
    Empty: 'Empty Ongoing PrepareAbort Dead',
    Ongoing: 'Ongoing PrepareCommit PrepareAbort PrepareEpochFence',
    PrepareCommit: 'CompleteCommit',
    PrepareAbort: 'CompleteAbort',
    CompleteCommit: 'Empty Ongoing PrepareAbort Dead',
    CompleteAbort: 'Empty Ongoing PrepareAbort Dead',
    Dead: '',
    PrepareEpochFence: 'PrepareAbort',
  };
  for (const from of statuses) {
    const taken = statuses.filter((to) => {
      try {
        assertTransition(from, to);
        return true;
      } catch {
        return false;
      }
    });
    assert.equal(taken.join(' '), allowed[from], from);
  }
});

test('states have the numbers of Kafka in the log', () => {
  assert.deepEqual(statuses.map(numberOfStatus), [0, 1, 2, 3, 4, 5, 6, 7]);
  assert.equal(statusOfNumber(8), undefined);
  assert.equal(isStatus('ongoing'), false);
});
