/** Fails when invariant I15 does not hold. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '../../sim/seeded-random.ts';
import { UnstableTransactions } from './unstable-transactions.ts';

interface Modelled {
  readonly producerId: number;
  readonly firstOffset: number;
  markerOffset: number;
}

test('a transaction that has ended is unstable until its marker is committed', () => {
  const transactions = new UnstableTransactions();
  transactions.begin({ producerId: 1, firstOffset: 10, bytesBefore: 700 });
  transactions.end(1, 12);
  transactions.release(12);
  assert.deepEqual([transactions.firstOffset, transactions.bytesBefore], [10, 700]);
  transactions.release(13);
  assert.equal(transactions.firstOffset, undefined);
});

test('the order is kept whatever begins and ends, as a plain list would keep it', () => {
  const random = new SeededRandom(7);
  const transactions = new UnstableTransactions();
  let model: Modelled[] = [];
  let offset = 0;
  let committed = 0;
  for (let step = 0; step < 5_000; step++) {
    const producerId = random.below(20);
    const known = model.find((one) => one.producerId === producerId && one.markerOffset < 0);
    if (random.next() < 0.3) {
      committed += random.below(offset - committed + 1);
      transactions.release(committed);
      model = model.filter(({ markerOffset }) => markerOffset < 0 || markerOffset >= committed);
    } else if (known === undefined) {
      transactions.begin({ producerId, firstOffset: offset, bytesBefore: offset });
      model.push({ producerId, firstOffset: offset, markerOffset: -1 });
      offset += 1;
    } else {
      transactions.end(producerId, offset);
      known.markerOffset = offset;
      offset += 1;
    }
    assert.equal(transactions.firstOffset, model[0]?.firstOffset);
    assert.equal(transactions.openCount, model.filter(({ markerOffset }) => markerOffset < 0).length);
    const other = model.find((one) => one.producerId !== producerId && one.markerOffset < 0);
    assert.equal(transactions.firstOpenOfOthers(producerId), other?.firstOffset);
  }
});
