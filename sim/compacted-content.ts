/**
 * What may be missing from a compacted log, and what must not: the plain model of compaction that `LogModel` compares a log with. It knows everything that
 * was appended and when a compaction began, and nothing of segments, passes and key maps (invariants I21 and I22).
 */
import assert from 'node:assert/strict';
import type { AppendedBatch } from '../src/log/log-engine.ts';
import { baseSequence, hasProducerId, lastOffset, producerId } from '../src/protocol/batch/header.ts';
import { recordsOf } from '../src/protocol/batch/records.ts';

interface KeyedRecord {
  readonly offset: number;
  readonly key: string;
  /** Empty: a tombstone. */
  readonly value: string;
}

export class CompactedContent {
  readonly #deleteRetentionMs: number;
  /** When the first compaction began that may have given a tombstone its horizon, by offset. */
  readonly #metMs = new Map<number, number>();
  /** Records that a reader has missed once. */
  readonly #gone = new Set<number>();

  constructor(deleteRetentionMs: number) {
    this.#deleteRetentionMs = deleteRetentionMs;
  }

  /** A compaction begins that may touch `batches`. */
  begins(batches: readonly AppendedBatch[], nowMs: number): void {
    for (const { offset, value } of batches.flatMap(({ bytes }) => keyedRecords(bytes))) {
      if (value === '' && !this.#metMs.has(offset)) this.#metMs.set(offset, nowMs);
    }
  }

  /** What is at or above was lost in a crash: others get these offsets. */
  endsAt(offset: number): void {
    for (const known of [...this.#metMs.keys()]) if (known >= offset) this.#metMs.delete(known);
    for (const known of this.#gone)
      assert.ok(known < offset, `record ${known} was compacted away before it was durable`);
  }

  /** `found` is all that the log has, `appended` all that it was given, both from the log start on. */
  check(
    found: readonly Uint8Array[],
    appended: readonly AppendedBatch[],
    at: { startOffset: number; nowMs: number },
  ): void {
    const records = found.flatMap(keyedRecords).filter(({ offset }) => offset >= at.startOffset);
    const given = appended.flatMap(({ bytes }) => keyedRecords(bytes)).filter(({ offset }) => offset >= at.startOffset);
    checkOrigin(records, given);
    const offsets = new Set(records.map(({ offset }) => offset));
    for (const { offset, key, value } of latestOf(given).values()) {
      const horizonMs = value === '' ? (this.#metMs.get(offset) ?? Infinity) + this.#deleteRetentionMs : Infinity;
      assert.ok(offsets.has(offset) || horizonMs <= at.nowMs, `the latest record of ${key}, ${offset}, is gone`);
    }
    assert.deepEqual(valuesOf(records), valuesOf(given), 'a reader of the whole log gets the latest values');
    for (const { offset } of given) {
      if (!offsets.has(offset)) this.#gone.add(offset);
      else assert.ok(!this.#gone.has(offset), `record ${offset} is back`);
    }
    checkProducers(found, appended);
  }

  /** One read: what every key had last is not left out, and nothing else than what was appended comes, in order. */
  checkRead(
    found: readonly Uint8Array[],
    appended: readonly AppendedBatch[],
    read: { offset: number; nextOffset: number },
  ): void {
    const inRead = ({ offset }: KeyedRecord): boolean => offset >= read.offset && offset < read.nextOffset;
    const records = found.flatMap(keyedRecords).filter(inRead);
    const given = appended.flatMap(({ bytes }) => keyedRecords(bytes));
    checkOrigin(records, given);
    const offsets = new Set(records.map(({ offset }) => offset));
    for (const record of latestOf(given).values()) {
      if (record.value !== '' && inRead(record))
        assert.ok(offsets.has(record.offset), `a read misses ${record.offset}`);
    }
  }
}

/** Each is what was appended at its offset, and comes once and in order. */
function checkOrigin(records: readonly KeyedRecord[], given: readonly KeyedRecord[]): void {
  const byOffset = new Map(given.map((record) => [record.offset, record]));
  let last = -1;
  for (const record of records) {
    assert.ok(record.offset > last, `record ${record.offset} comes behind ${last}`);
    last = record.offset;
    assert.deepEqual(record, byOffset.get(record.offset), 'a record is what was appended');
  }
}

/** Whoever rebuilds the producers from the log gets the sequences that they have come to. */
function checkProducers(found: readonly Uint8Array[], appended: readonly AppendedBatch[]): void {
  const last = new Map<number, Uint8Array>();
  for (const { bytes } of appended) if (hasProducerId(bytes)) last.set(producerId(bytes), bytes);
  for (const [id, bytes] of last) {
    const kept = found.findLast((batch) => hasProducerId(batch) && producerId(batch) === id);
    const wanted = [lastOffset(bytes), baseSequence(bytes)];
    assert.deepEqual(
      kept && [lastOffset(kept), baseSequence(kept)],
      wanted,
      `the last batch of producer ${id} is there`,
    );
  }
}

function latestOf(records: readonly KeyedRecord[]): Map<string, KeyedRecord> {
  return new Map(records.map((record) => [record.key, record]));
}

function valuesOf(records: readonly KeyedRecord[]): Map<string, string> {
  const present = [...latestOf(records)].filter(([, { value }]) => value !== '');
  return new Map(present.map(([key, { value }]): [string, string] => [key, value]).sort());
}

function keyedRecords(batch: Uint8Array): KeyedRecord[] {
  return Array.from(recordsOf(batch), ({ offset, key, value }) => ({ offset, key: text(key), value: text(value) }));
}

function text(bytes: Uint8Array | null): string {
  return bytes === null ? '' : Buffer.from(bytes).toString();
}
