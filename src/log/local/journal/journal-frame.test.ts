import assert from 'node:assert/strict';
import { test } from 'node:test';
import { batchAt, logId } from '../../log.fixture.ts';
import type { LogId } from '../../log-engine.ts';
import { frameOf } from './journal-frame.fixture.ts';
import {
  FILE_HEADER_BYTES,
  FREE,
  type FrameEntry,
  formatFileHeader,
  frameBytes,
  type JournalEntry,
  parseFileHeader,
  parseFrame,
  seatFor,
} from './journal-frame.ts';

function entry(partition: number, offset: number): JournalEntry {
  const { bytes, lastOffset } = batchAt(offset, { records: 2 });
  return {
    seat: seatFor(logId({ partition })),
    parts: [bytes.subarray(0, 30), bytes.subarray(30)],
    bytes: bytes.length,
    endOffset: lastOffset + 1,
  };
}

test('a frame gives back each log with its bytes, and names a log only once per file', () => {
  const numbers = new Map<string, number>();
  const first = frameOf({ generation: 7, entries: [entry(0, 0), entry(1, 10)], numbers });
  const second = frameOf({ generation: 7, entries: [entry(1, 12), entry(2, 0)], numbers });
  const ids: LogId[] = [];
  for (const [frame, partitions, offset] of [
    [first, [0, 1], 10],
    [second, [1, 2], 12],
  ] as const) {
    const entries: readonly FrameEntry[] = parseFrame(frame, ids) ?? [];
    assert.deepEqual(
      entries.map(({ id }) => id),
      partitions.map((partition) => logId({ partition })),
    );
    const found = entries.find(({ id }) => id.partition === 1);
    assert.deepEqual(
      frame.subarray(found?.at, (found?.at ?? 0) + (found?.bytes ?? 0)),
      Buffer.from(batchAt(offset, { records: 2 }).bytes),
    );
  }
  assert.ok(second.length < first.length);
  const one = frameOf({ generation: 7, entries: [entry(0, 2)], numbers });
  assert.ok(one.length - entry(0, 2).bytes <= 22, 'what a frame of a known log costs beside its batches');
});

test('a frame in which any byte has changed is not believed', () => {
  const frame = frameOf({ generation: 7, entries: [entry(0, 0)], numbers: new Map() });
  for (let at = 4; at < frame.length; at += 1) {
    const torn = Buffer.from(frame);
    torn[at] = (torn[at] ?? 0) ^ 1;
    assert.equal(parseFrame(torn, []), undefined);
  }
});

test('a frame of another generation, or with an impossible length, is none', () => {
  const frame = frameOf({ generation: 7, entries: [entry(0, 0)], numbers: new Map() });
  assert.equal(frameBytes(frame, 7), frame.length);
  assert.equal(frameBytes(frame, 8), undefined);
  frame[0] = 0xff;
  assert.equal(frameBytes(frame, 7), undefined);
});

test('a header tells its generation, and a damaged one nothing', () => {
  const header = formatFileHeader(12);
  assert.equal(header.length, FILE_HEADER_BYTES);
  assert.equal(parseFileHeader(header), 12);
  assert.equal(parseFileHeader(formatFileHeader(FREE)), FREE);
  header[15] = 13;
  assert.equal(parseFileHeader(header), undefined);
  assert.equal(parseFileHeader(new Uint8Array(100)), undefined);
});
