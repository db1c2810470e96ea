/** The small rules that both engines share: roll, retention, epochs, recent batches and what they hold in memory. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { BatchList } from './batch-list.ts';
import { EpochList } from './epoch-list.ts';
import { batchAt, logSettings } from './log.fixture.ts';
import { RetainedBytes } from './retained-bytes.ts';
import { expiredSegments } from './retention.ts';
import { mustRoll, type RollState, rollJitterMs } from './segment-roll.ts';

describe('a segment rolls', () => {
  const segment: RollState = {
    baseOffset: 10,
    bytes: 500,
    firstTimestamp: 1_000,
    createdMs: 0,
    rollJitterMs: 0,
    indexFull: false,
  };
  const batch = batchAt(20, { timestamp: 1_500 });
  const settings = logSettings({ segmentBytes: 10_000, segmentMs: 1_000 });

  test('not while it has room and time', () => assert.equal(mustRoll(segment, batch, settings, 1e9), false));
  test('when the batch does not fit', () => assert.ok(mustRoll({ ...segment, bytes: 9_990 }, batch, settings, 0)));
  test('when an index is full', () => assert.ok(mustRoll({ ...segment, indexFull: true }, batch, settings, 0)));
  test('when record time has passed', () => {
    assert.ok(mustRoll(segment, batchAt(20, { timestamp: 2_001 }), settings, 0));
    assert.ok(mustRoll({ ...segment, rollJitterMs: 600 }, batch, settings, 0));
  });
  test('by the clock when records have no time', () => {
    const untimed = { ...segment, firstTimestamp: -1 };
    assert.equal(mustRoll(untimed, batch, settings, 1_000), false);
    assert.ok(mustRoll(untimed, batch, settings, 1_001));
  });
  test('when the offset is too far for 32 bits', () => {
    assert.ok(mustRoll({ ...segment, bytes: 0 }, { ...batch, lastOffset: 10 + 2 ** 31 }, settings, 0));
  });
  test('of a compacted log at the latest after max.compaction.lag.ms, of others not', () => {
    const compacted = { ...settings, cleanupPolicy: ['compact'] as const, maxCompactionLagMs: 400 };
    assert.ok(mustRoll(segment, batch, compacted, 0));
    assert.equal(mustRoll(segment, batch, { ...compacted, maxCompactionLagMs: 500 }, 0), false);
    assert.equal(mustRoll(segment, batch, { ...settings, maxCompactionLagMs: 400 }, 0), false);
  });
  test('earlier by chance, up to segment.jitter.ms and never by more than its time', () => {
    const jitter = (segmentJitterMs: number, random: number) =>
      rollJitterMs(logSettings({ segmentMs: 1_000, segmentJitterMs }), random);
    assert.deepEqual([jitter(600, 0), jitter(600, 0.5), jitter(600, 0.999)], [0, 300, 599]);
    assert.equal(jitter(5_000, 0.5), 500);
  });
  test('never when it is empty', () => {
    assert.equal(mustRoll({ ...segment, bytes: 0 }, batch, logSettings({ segmentBytes: 1 }), 1e12), false);
  });
});

describe('retention', () => {
  const segments = [
    { endOffset: 10, bytes: 100, largestTimestamp: 1_000 },
    { endOffset: 20, bytes: 100, largestTimestamp: 5_000 },
    { endOffset: 30, bytes: 100, largestTimestamp: 2_000 },
  ];
  const state = { segments, nowMs: 6_000, startOffset: 0, upTo: 30 };
  const count = (settings: Parameters<typeof logSettings>[0], more = {}): number =>
    expiredSegments({ ...state, ...more, settings: logSettings(settings) });

  test('keeps everything without a bound', () => assert.equal(count({}), 0));
  test('by time stops at the first segment that is young enough', () => assert.equal(count({ retentionMs: 2_000 }), 1));
  test('by time takes all when all are old', () => assert.equal(count({ retentionMs: 500 }), 3));
  test('by size leaves at least the bound', () => {
    assert.equal(count({ retentionBytes: 200 }), 1);
    assert.equal(count({ retentionBytes: 201 }), 0);
    assert.equal(count({ retentionBytes: 0 }), 3);
  });
  test('takes what lies wholly below the start, whatever the policy', () => {
    assert.equal(count({ cleanupPolicy: ['compact'] }, { startOffset: 20 }), 2);
    assert.equal(count({ cleanupPolicy: [] }, { startOffset: 19 }), 1);
  });
  test('takes nothing that reaches beyond its bound', () => assert.equal(count({ retentionMs: 500 }, { upTo: 19 }), 1));
});

test('epochs are listed where they began, and cut at either end', () => {
  const epochs = new EpochList();
  assert.deepEqual(
    [epochs.onBatch(1, 0), epochs.onBatch(1, 5), epochs.onBatch(3, 9), epochs.onBatch(2, 12), epochs.onBatch(-1, 13)],
    [true, false, true, false, false],
  );
  epochs.cutStart(4);
  assert.deepEqual(epochs.entries, [
    { epoch: 1, startOffset: 4 },
    { epoch: 3, startOffset: 9 },
  ]);
  epochs.cutEnd(9);
  assert.deepEqual(epochs.entries, [{ epoch: 1, startOffset: 4 }]);
  epochs.onBatch(5, 4);
  assert.deepEqual(epochs.entries, [{ epoch: 5, startOffset: 4 }]);
});

test('a list of batches finds, takes and slices', () => {
  const list = new BatchList();
  for (let offset = 0; offset < 1_000; offset += 2) list.push({ bytes: new Uint8Array(10), lastOffset: offset + 1 });
  for (let taken = 0; taken < 300; taken += 1) assert.equal(list.shift()?.lastOffset, taken * 2 + 1);
  assert.deepEqual(
    [list.count, list.first?.lastOffset, list.indexOf(600), list.indexOf(602), list.indexOf(5_000)],
    [200, 601, 0, 1, 200],
  );
  const slice = list.slice({ offset: 603, endOffset: 610, bytesMax: 25, atLeastOneBatch: false });
  assert.deepEqual([slice.parts.length, slice.bytes, slice.nextOffset], [2, 20, 606]);
});

test('every batch of a list is found, wherever it is and whatever was taken', () => {
  const list = new BatchList();
  for (let count = 0; count < 40; count += 1) {
    const offsets = Array.from({ length: list.count }, (_, index) => list.at(index)?.lastOffset ?? -1);
    for (let offset = 0; offset <= count * 3 + 1; offset += 1) {
      assert.equal(list.indexOf(offset), offsets.filter((last) => last < offset).length, `${offset} of ${offsets}`);
    }
    list.push({ bytes: new Uint8Array(1), lastOffset: count * 3 + 2 });
    if (count % 4 === 3) list.shift();
  }
});

test('neighbours in one buffer are one part', () => {
  const list = new BatchList();
  const buffer = new Uint8Array(30);
  list.push({ bytes: buffer.subarray(0, 10), lastOffset: 0 });
  list.push({ bytes: buffer.subarray(10, 20), lastOffset: 1 });
  list.push({ bytes: new Uint8Array(10), lastOffset: 2 });
  const slice = list.slice({ offset: 0, endOffset: 3, bytesMax: 100, atLeastOneBatch: false });
  assert.deepEqual(
    slice.parts.map((part) => part.byteLength),
    [20, 10],
  );
});

test('kept bytes count the buffers behind them, each once', () => {
  const retained = new RetainedBytes();
  const frame = new Uint8Array(100_000);
  const one = retained.keep(frame.subarray(0, 40_000));
  const other = retained.keep(frame.subarray(40_000, 90_000));
  assert.equal(one.buffer, frame.buffer);
  assert.equal(retained.total, 100_000);
  retained.release(one);
  assert.equal(retained.total, 100_000);
  retained.release(other);
  assert.equal(retained.total, 0);
});

test('a small batch does not hold the frame that it came in', () => {
  const retained = new RetainedBytes();
  const frame = new Uint8Array(1_000_000).fill(7);
  const small = retained.keep(frame.subarray(10, 110));
  const next = retained.keep(frame.subarray(200, 300));
  frame.fill(0);
  assert.deepEqual([...small.subarray(0, 3)], [7, 7, 7]);
  assert.ok(retained.total < 100_000);
  assert.equal(small.buffer, next.buffer, 'small ones lie side by side');
  assert.equal(next.byteOffset, small.byteOffset + 100);
});
