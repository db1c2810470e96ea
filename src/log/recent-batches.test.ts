import assert from 'node:assert/strict';
import { test } from 'node:test';
import { batchAt } from './log.fixture.ts';
import { RecentBatches, RecentTail } from './recent-batches.ts';

const BYTES_MAX = 1_000_000;

interface Setting {
  readonly recent: RecentBatches;
  /** How often somebody was told that the room of unwritten batches is wanted. */
  wanted(): number;
  /** Adds batches of 1,000 bytes and a little; they are written when `written`. Offsets go on where the log ends. */
  add(tail: RecentTail, count: number, written?: boolean): void;
}

function setting(): Setting {
  let wanted = 0;
  const recent = new RecentBatches(BYTES_MAX, () => {
    wanted += 1;
  });
  const ends = new Map<RecentTail, number>();
  const add = (tail: RecentTail, count: number, written = true): void => {
    for (let end = ends.get(tail) ?? 0; count > 0; count -= 1) {
      recent.add(tail, batchAt(end, { valueBytes: 1_000 }).bytes, end);
      end += 1;
      ends.set(tail, end);
      if (written) tail.writtenOffset = end;
    }
  };
  return { recent, wanted: () => wanted, add };
}

/** Offset of the oldest batch that is there. */
function oldest(tail: RecentTail): number {
  return tail.batches.first?.lastOffset ?? -1;
}

test('the oldest written batches of all logs leave first, and unwritten ones stay', () => {
  const recent = new RecentBatches(100_000, () => {});
  const [one, other] = [new RecentTail(), new RecentTail()];
  const add = (tail: RecentTail, offset: number): void => {
    recent.add(tail, Uint8Array.from(batchAt(offset, { valueBytes: 20_000 }).bytes), offset);
  };
  for (let offset = 0; offset < 20; offset += 1) add(one, offset);
  assert.equal(one.batches.count, 20, 'nothing is written yet');
  one.writtenOffset = 20;
  other.writtenOffset = 100;
  for (let offset = 0; offset < 4; offset += 1) add(other, offset);
  assert.equal(other.batches.count, 4);
  assert.ok(one.batches.count <= 2);
  assert.ok(recent.bytes <= 100_000);
  recent.drop(one);
  recent.drop(other);
  assert.equal(recent.bytes, 0);
});

test('many logs keep about the same stretch of time, and all of them together the bound', () => {
  const { recent, add } = setting();
  const tails = Array.from({ length: 50 }, () => new RecentTail());
  for (let round = 0; round < 100; round += 1) for (const tail of tails) add(tail, 1);
  const kept = tails.map((tail) => tail.batches.count);
  assert.ok(recent.bytes <= BYTES_MAX && recent.bytes > BYTES_MAX * 0.7, `${recent.bytes}`);
  assert.ok(Math.max(...kept) - Math.min(...kept) <= 3, kept.join());
  assert.ok(tails.every((tail) => oldest(tail) === 100 - tail.batches.count));
});

test('a log that is written to seldom keeps its batches as long as others keep theirs of that time, and no longer', () => {
  const { add } = setting();
  const [busy, quiet] = [new RecentTail(), new RecentTail()];
  add(quiet, 1);
  add(busy, 700);
  assert.equal(quiet.batches.count, 1);
  add(busy, 700);
  assert.equal(quiet.batches.count, 0);
  assert.ok(busy.batches.count > 600);
});

test('unwritten batches stay beyond the bound, and their owner is told with every one that comes', () => {
  const { recent, add, wanted } = setting();
  const tail = new RecentTail();
  add(tail, 900, false);
  assert.equal(wanted(), 0);
  add(tail, 300, false);
  assert.equal(tail.batches.count, 1_200);
  assert.ok(wanted() > 100 && wanted() <= 300, `${wanted()}`);
  tail.writtenOffset = 1_200;
  add(tail, 1);
  assert.ok(recent.bytes <= BYTES_MAX);
});

test('what is always replaced by files leaves nothing behind that grows', () => {
  const { recent, add } = setting();
  const [kept, replaced] = [new RecentTail(), new RecentTail()];
  add(kept, 1);
  for (let count = 0; count < 4_000; count += 1) {
    add(replaced, 1);
    recent.dropBelow(replaced, count + 1);
  }
  assert.equal(replaced.batches.count, 0);
  assert.equal(kept.batches.count, 0, 'it is older than twice the bound');
});

test('a batch is found by the offsets in it, whether it has just come or not', () => {
  const { recent } = setting();
  const tail = new RecentTail();
  for (const offset of [10, 13, 16]) {
    const { bytes, lastOffset } = batchAt(offset, { records: 3 });
    recent.add(tail, bytes, lastOffset);
  }
  const from = (offset: number) => tail.read({ offset, endOffset: 19, bytesMax: 10_000, atLeastOneBatch: true })?.bytes;
  const [all = 0, two = 0, one = 0] = [from(10), from(13), from(16)];
  assert.deepEqual([from(12), from(14), from(17), from(18)], [all, two, one, one]);
  assert.deepEqual([two, one, from(9)], [(all / 3) * 2, all / 3, undefined]);
});
