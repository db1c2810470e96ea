import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { emptyBatch } from '../log/compaction/rewrite-batch.ts';
import { produced } from './partition.fixture.ts';
import { decodeSnapshot, encodeSnapshot } from './producer-snapshot.ts';
import { ProducerState } from './producer-state.ts';

/** The newest snapshot of a log that Apache Kafka 4.3.1 wrote, and what its dump tool says about it. */
const kafkas = readFileSync(new URL('testdata/kafka-4.3.1.snapshot', import.meta.url));

test("Kafka's snapshots are read", () => {
  const entries = decodeSnapshot(kafkas)?.producers ?? [];
  assert.deepEqual(
    entries.map(({ producerId, epoch, batches }) => [producerId, epoch, batches.map(({ lastOffset }) => lastOffset)]),
    [
      [0, 0, [46]],
      [1, 0, [59]],
      [2, 0, [72]],
      [3, 0, [85]],
      [4, 3, []],
      [5, 2, []],
      [6, 0, [110]],
      [7, 0, [111]],
    ],
  );
  assert.deepEqual(entries[0], {
    producerId: 0,
    epoch: 0,
    batches: [{ firstSequence: 12, lastSequence: 12, lastOffset: 46, offsetDelta: 0, timestamp: 1795363938874 }],
    lastTimestamp: 1795363938874,
    coordinatorEpoch: -1,
    currentTxnFirstOffset: -1,
  });
  assert.equal(entries[4]?.coordinatorEpoch, 0);
  assert.equal(entries[7]?.currentTxnFirstOffset, 111);
});

function stateOf(batches: readonly { producerId: number; baseSequence: number; records?: number }[]): ProducerState {
  const state = new ProducerState();
  let baseOffset = 100;
  for (const batch of batches) {
    state.apply(produced({ producerEpoch: 2, baseOffset, ...batch }));
    baseOffset += batch.records ?? 1;
  }
  return state;
}

test('what is written is read back with all remembered batches', () => {
  const state = stateOf([
    { producerId: 1, baseSequence: 0, records: 3 },
    { producerId: 2, baseSequence: 7 },
    { producerId: 1, baseSequence: 3 },
    { producerId: 3, baseSequence: 0x7fffffff, records: 2 },
    { producerId: 1, baseSequence: 4, records: 2 },
  ]);
  const aborted = [
    { baseOffset: 0, count: 3 },
    { baseOffset: 2 ** 40, count: 1 },
  ];
  assert.deepEqual(decodeSnapshot(encodeSnapshot(state, aborted)), { producers: [...state.entries()], aborted });
});

test("Kafka's own part comes first, so that Kafka can read what is written", () => {
  const state = new ProducerState();
  state.restore(decodeSnapshot(kafkas)?.producers ?? []);
  const written = encodeSnapshot(state, []);
  // All but the checksum, which covers what follows.
  assert.deepEqual(Buffer.from(written.subarray(6, kafkas.length)), kafkas.subarray(6));
});

test('a damaged snapshot is none', () => {
  const good = encodeSnapshot(stateOf([{ producerId: 1, baseSequence: 0 }]), [{ baseOffset: 7, count: 1 }]);
  for (let at = 0; at < good.length; at++) {
    const bad = Uint8Array.from(good);
    bad[at] = (bad[at] ?? 0) ^ 0x40;
    assert.equal(decodeSnapshot(bad), undefined, `byte ${at}`);
  }
  for (let length = 0; length < good.length; length++) {
    assert.equal(decodeSnapshot(good.subarray(0, length)), undefined, `${length} bytes`);
  }
});

test('a batch that compaction has emptied tells the sequences of its producer, and opens no transaction', () => {
  const state = new ProducerState();
  const batch = produced({ producerId: 1, producerEpoch: 2, baseOffset: 100, baseSequence: 7, isTransactional: true });
  // Invariant I22.
  state.apply(emptyBatch(batch));
  assert.equal(state.get(1)?.batches.at(-1)?.lastSequence, 7);
  assert.equal(state.get(1)?.currentTxnFirstOffset, -1);
});
