/** What a partition's log must hold: every batch that was appended, what of it was promised, and the checks that compare a log with it. */
import assert from 'node:assert/strict';
import type { AppendedBatch, LeaderEpochEntry, PartitionLog } from '../src/log/log-engine.ts';
import {
  baseOffset,
  hasProducerId,
  lastOffset,
  partitionLeaderEpoch,
  producerId,
} from '../src/protocol/batch/header.ts';
import { batches } from '../src/protocol/batch/iterate.ts';
import { recordsOf } from '../src/protocol/batch/records.ts';
import type { CompactedContent } from './compacted-content.ts';
import type { SeededRandom } from './seeded-random.ts';

export type Stop = 'clean' | 'power' | 'killed' | 'fault';

export class LogModel {
  /** Every batch that may be in the log, in order. */
  #batches: AppendedBatch[] = [];
  #durableOffset = 0;
  #writtenOffset = 0;
  /** The start that was acknowledged, and the furthest that anybody asked for. */
  #startPromised = 0;
  #startWanted = 0;
  /** The end that the last stops have left; undefined while the log is open. */
  #endPromised: number | undefined;
  readonly #compacted: CompactedContent | undefined;

  /** With `compacted` the log is one that is compacted: that says what may be missing. */
  constructor(compacted?: CompactedContent) {
    this.#compacted = compacted;
  }

  get #endOffset(): number {
    const last = this.#batches.at(-1);
    return last === undefined ? 0 : last.lastOffset + 1;
  }

  appended(batch: AppendedBatch): void {
    this.#batches.push(batch);
  }

  /** The newest batch of a producer, below `endOffset`. */
  lastOf(id: number, endOffset = Number.POSITIVE_INFINITY): AppendedBatch | undefined {
    const isOf = ({ bytes }: AppendedBatch): boolean => hasProducerId(bytes) && producerId(bytes) === id;
    return this.#batches.findLast((batch) => batch.lastOffset < endOffset && isOf(batch));
  }

  compactionBegins(upTo: number, nowMs: number): void {
    this.#compacted?.begins(
      this.#batches.filter((batch) => batch.lastOffset < upTo),
      nowMs,
    );
  }

  startWanted(offset: number): void {
    this.#startWanted = Math.max(this.#startWanted, offset);
  }

  startPromised(offset: number): void {
    this.#startPromised = Math.max(this.#startPromised, offset);
  }

  progress(log: PartitionLog): void {
    assert.ok(log.durableOffset >= this.#durableOffset, 'the durable offset went back');
    assert.ok(log.durableOffset <= log.writtenOffset, 'more is durable than written');
    this.#durableOffset = log.durableOffset;
    this.#writtenOffset = log.writtenOffset;
  }

  stopped(how: Stop): void {
    const end = {
      clean: this.#endOffset,
      killed: this.#writtenOffset,
      fault: this.#writtenOffset,
      power: this.#durableOffset,
    };
    this.#endPromised = Math.min(this.#endPromised ?? Number.POSITIVE_INFINITY, end[how]);
  }

  /** Compares the ends of a log that was just opened, and forgets what may be lost and is. */
  opened(log: PartitionLog): void {
    const promised = this.#endPromised ?? 0;
    // Invariant I4.
    assert.ok(log.endOffset >= promised, `records are lost: ends at ${log.endOffset}, promised ${promised}`);
    assert.ok(log.endOffset <= Math.max(this.#endOffset, this.#startWanted), 'there is more than was appended');
    assert.equal(log.writtenOffset, log.endOffset);
    assert.equal(log.durableOffset, log.endOffset);
    // Invariant I5.
    assert.ok(
      log.startOffset >= this.#startPromised,
      `deleted records are back: starts at ${log.startOffset}, promised ${this.#startPromised}`,
    );
    assert.ok(log.startOffset <= this.#startWanted, `records nobody deleted are gone: starts at ${log.startOffset}`);
    this.#batches = this.#batches.filter((batch) => batch.lastOffset < log.endOffset);
    this.#compacted?.endsAt(log.endOffset);
    assert.equal(this.#endOffset, log.endOffset, 'the log ends inside a batch');
    this.#durableOffset = log.endOffset;
    this.#writtenOffset = log.endOffset;
    this.#startPromised = log.startOffset;
    this.#endPromised = undefined;
  }

  /** Compares everything that can be read. */
  async check(log: PartitionLog, nowMs: number): Promise<void> {
    const expected = this.#from(log.startOffset);
    const found: Uint8Array[] = [];
    for (let offset = log.startOffset; offset < log.endOffset; ) {
      const slice = await log.read({ offset, endOffset: log.endOffset, bytesMax: 4_000, atLeastOneBatch: true });
      assert.ok(slice.nextOffset > offset, `nothing can be read at ${offset}`);
      for (const batch of batches(Buffer.concat(slice.parts))) found.push(Uint8Array.from(batch));
      offset = slice.nextOffset;
    }
    if (this.#compacted === undefined) {
      this.#checkAll(found, log, expected);
    } else {
      this.#compacted.check(found, expected, { startOffset: log.startOffset, nowMs });
      checkEpochs(found, log);
    }
    const scanned: number[] = [];
    await log.scan(log.startOffset, (batch) => scanned.push(lastOffset(batch)));
    assert.deepEqual(scanned, found.map(lastOffset));
    for (const { maxTimestamp } of expected.slice(0, 3)) await checkTime(log, found, maxTimestamp);
    await checkMaxTime(log, found);
  }

  #checkAll(found: readonly Uint8Array[], log: PartitionLog, expected: readonly AppendedBatch[]): void {
    assert.deepEqual(
      found.map(offsetsOf),
      expected.map(({ bytes }) => offsetsOf(bytes)),
    );
    for (const [index, bytes] of found.entries())
      assert.deepEqual(bytes, Uint8Array.from(expected[index]?.bytes ?? []));
    // Of an empty log nobody can ask which epoch a record had.
    if (expected.length > 0) assert.deepEqual(log.leaderEpochs, this.#epochs(log.startOffset));
  }

  /** One read from anywhere, while appends may be under way. */
  async checkRead(log: PartitionLog, random: SeededRandom): Promise<void> {
    const offset = random.between(log.startOffset, log.endOffset);
    const endOffset = random.chance(0.5) ? log.endOffset : log.writtenOffset;
    const slice = await log.read({
      offset,
      endOffset,
      bytesMax: random.between(0, 5_000),
      atLeastOneBatch: random.chance(0.5),
    });
    if (slice.parts.length === 0) return;
    if (this.#compacted !== undefined) {
      const found = Array.from(batches(Buffer.concat(slice.parts)), (batch) => Uint8Array.from(batch));
      this.#compacted.checkRead(found, this.#batches, { offset, nextOffset: slice.nextOffset });
      return;
    }
    const expected = this.#from(offset).filter((batch) => batch.lastOffset < slice.nextOffset);
    const bytes = Buffer.concat(expected.map((batch) => batch.bytes));
    assert.deepEqual(Buffer.concat(slice.parts), bytes, `a read at ${offset} gives other bytes than were appended`);
  }

  #from(offset: number): readonly AppendedBatch[] {
    return this.#batches.filter((batch) => batch.lastOffset >= offset);
  }

  #epochs(startOffset: number): readonly LeaderEpochEntry[] {
    const entries: LeaderEpochEntry[] = [];
    for (const { leaderEpoch, baseOffset: base } of this.#batches) {
      if (leaderEpoch !== entries.at(-1)?.epoch) entries.push({ epoch: leaderEpoch, startOffset: base });
    }
    const covering = entries.findLastIndex((entry) => entry.startOffset <= startOffset);
    return entries
      .slice(Math.max(0, covering))
      .map((entry) => ({ ...entry, startOffset: Math.max(entry.startOffset, startOffset) }));
  }
}

function offsetsOf(bytes: Uint8Array): string {
  return `${baseOffset(bytes)}-${lastOffset(bytes)}`;
}

/** Every batch has the epoch that the log would name for it. */
function checkEpochs(found: readonly Uint8Array[], log: PartitionLog): void {
  for (const batch of found) {
    const offset = Math.max(baseOffset(batch), log.startOffset);
    const entry = log.leaderEpochs.findLast(({ startOffset }) => startOffset <= offset);
    assert.equal(entry?.epoch, partitionLeaderEpoch(batch), `the epoch at ${offset}`);
  }
}

async function checkTime(log: PartitionLog, found: readonly Uint8Array[], timestamp: number): Promise<void> {
  const isFirst = (record: { offset: number; timestamp: number }): boolean =>
    record.timestamp >= timestamp && record.offset >= log.startOffset;
  const first = found.flatMap((batch) => [...recordsOf(batch)]).find(isFirst);
  const answer = await log.offsetForTimestamp({ timestamp, endOffset: log.endOffset });
  assert.equal(answer?.offset, first?.offset, `the first record since ${timestamp}`);
}

/** The first record with the largest timestamp; as in Apache Kafka, it may lie below a start that was moved into its segment. */
async function checkMaxTime(log: PartitionLog, found: readonly Uint8Array[]): Promise<void> {
  const records = found.flatMap((batch) => [...recordsOf(batch)]).filter(({ offset }) => offset >= log.startOffset);
  const answer = await log.offsetOfMaxTimestamp();
  if (records.length === 0 || (answer !== undefined && answer.offset < log.startOffset)) return;
  const largest = Math.max(...records.map(({ timestamp }) => timestamp));
  const first = records.find(({ timestamp }) => timestamp === largest);
  assert.deepEqual(
    [answer?.offset, answer?.timestamp],
    [first?.offset, largest],
    'the record with the largest timestamp',
  );
}
