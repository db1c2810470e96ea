import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyAborted } from './committed-consumer.ts';

type Partition = Parameters<typeof emptyAborted>[0];

/** `3:data` and `3:end` are batches of producer 3, from offset 0 on; `plain` is one of nobody's transaction. */
function left(
  batches: readonly string[],
  aborted: readonly (readonly [producer: number, firstOffset: number])[],
): string[] {
  const partition = {
    abortedTransactions: aborted.map(([id, offset]) => ({ producerId: BigInt(id), firstOffset: BigInt(offset) })),
    records: batches.map((text, offset) => {
      const [producer, kind] = text.split(':');
      const attributes = kind === 'data' ? 0x10 : kind === 'end' ? 0x30 : 0;
      const id = kind === undefined ? -1n : BigInt(producer ?? -1);
      return { firstOffset: BigInt(offset), lastOffsetDelta: 0, attributes, producerId: id, records: [text] };
    }),
  };
  // `emptyAborted` reads and changes the fields above and no others.
  emptyAborted(partition as unknown as Partition);
  assert.deepEqual(partition.abortedTransactions, []);
  return partition.records.map(({ records }) => records[0] ?? '-');
}

test('what was committed between an abort and the abort of a transaction without records stays', () => {
  const batches = ['3:data', '3:end', '3:data', '3:end', '3:end'];
  assert.deepEqual(left(batches, [[3, 0]]), ['-', '3:end', '3:data', '3:end', '3:end']);
});

test('aborted records go, also of a transaction that began before what was read, or ends behind it', () => {
  assert.deepEqual(left(['3:data', '3:end', '3:data'], [[3, -5]]), ['-', '3:end', '3:data']);
  assert.deepEqual(left(['3:data', '3:end', '3:data'], [[3, 2]]), ['3:data', '3:end', '-']);
});

test('transactions of others, and what is in none, stay', () => {
  const batches = ['3:data', '4:data', 'plain', '4:end', '3:data', '3:end'];
  assert.deepEqual(left(batches, [[3, 0]]), ['-', '4:data', 'plain', '4:end', '-', '3:end']);
  assert.deepEqual(left(batches, []), batches);
});
