/** Fails when invariant I6 does not hold. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { limits } from '../base/limits.ts';
import { ErrorCode } from '../protocol/error-code.ts';
import { append, heldPartition, produced } from './partition.fixture.ts';
import { ProducerState } from './producer-state.ts';

interface Sequences {
  readonly case: string;
  readonly produceVersion: number;
  readonly steps: readonly Send[];
}

interface Send {
  readonly send: string;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly count: number;
  readonly error: keyof typeof ErrorCode;
  readonly baseOffset: number;
}

/** What Apache Kafka 4.3.1 answered to runs of sequence numbers and epochs. */
function sequences(): readonly Sequences[] {
  const text = readFileSync(new URL('testdata/produce-sequences.jsonl', import.meta.url), 'utf8');
  // The file is ours and has this shape.
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Sequences);
}

for (const { case: name, produceVersion, steps } of sequences()) {
  test(`sequences are answered as Apache Kafka does: ${name}`, async () => {
    const { partition } = await heldPartition();
    for (const { send, producerId, producerEpoch, baseSequence, count, error, baseOffset } of steps) {
      const batch = produced({ records: count, producerId, producerEpoch, baseSequence });
      const result = partition.append(batch, produceVersion);
      const answer = result.kind === 'appended' ? [ErrorCode.NONE, result.baseOffset] : [result.error, -1];
      assert.deepEqual(answer, [ErrorCode[error], baseOffset], send);
    }
  });
}

function apply(state: ProducerState, batch: { producerId: number; timestamp: number; baseSequence?: number }): void {
  state.apply(produced({ producerEpoch: 0, baseSequence: 0, ...batch }));
}

test('a producer is forgotten by the time of its newest record', () => {
  const state = new ProducerState();
  apply(state, { producerId: 1, timestamp: 1_000 });
  apply(state, { producerId: 2, timestamp: 5_000 });
  state.expire(6_000, 5_000);
  assert.deepEqual(
    Array.from(state.entries(), ({ producerId }) => producerId),
    [2],
  );
  state.expire(9_999, 5_000);
  assert.equal(state.size, 1);
  state.expire(10_000, 5_000);
  assert.equal(state.size, 0);
});

test('a producer with an open transaction is not forgotten', () => {
  const state = new ProducerState();
  state.restore([
    { producerId: 1, epoch: 0, batches: [], lastTimestamp: 0, coordinatorEpoch: 0, currentTxnFirstOffset: 7 },
  ]);
  state.expire(1_000_000, 1);
  assert.equal(state.size, 1);
});

test('beyond the limit those that wrote longest ago make room', () => {
  const state = new ProducerState();
  const most = limits.producersPerPartition;
  for (let producerId = 0; producerId <= most; producerId++) apply(state, { producerId, timestamp: producerId });
  assert.ok(state.size <= most);
  assert.equal(state.get(0), undefined);
  assert.notEqual(state.get(most), undefined);
});

test('an epoch below none is refused, a producer without an epoch may write in any order', async () => {
  const { partition } = await heldPartition();
  const send = (producerEpoch: number, baseSequence: number) => {
    const result = append(partition, { producerId: 9, producerEpoch, baseSequence });
    return result.kind === 'appended' ? result.baseOffset : result.error;
  };
  assert.equal(send(-2, 0), ErrorCode.INVALID_PRODUCER_EPOCH);
  assert.equal(send(-1, 5), 0);
  assert.equal(send(-1, 3), 1);
  // Both are among the last five.
  assert.equal(send(-1, 5), 0);
  assert.equal(send(0, 77), 2);
});
