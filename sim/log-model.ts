/** What a partition's log must hold: every batch that was appended, what of it was promised, and the checks that compare a log with it. */
import assert from 'node:assert/strict';
import type { AppendedBatch, LeaderEpochEntry, PartitionLog } from '../src/log/log-engine.ts';
import { baseOffset, lastOffset } from '../src/protocol/batch/header.ts';
import { batches } from '../src/protocol/batch/iterate.ts';
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

  get #endOffset(): number {
    const last = this.#batches.at(-1);
    return last === undefined ? 0 : last.lastOffset + 1;
  }

  appended(batch: AppendedBatch): void {
    this.#batches.push(batch);
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
    assert.equal(this.#endOffset, log.endOffset, 'the log ends inside a batch');
    this.#durableOffset = log.endOffset;
    this.#writtenOffset = log.endOffset;
    this.#startPromised = log.startOffset;
    this.#endPromised = undefined;
  }

  /** Compares everything that can be read. */
  async check(log: PartitionLog): Promise<void> {
    const expected = this.#from(log.startOffset);
    const found: Uint8Array[] = [];
    for (let offset = log.startOffset; offset < log.endOffset; ) {
      const slice = await log.read({ offset, endOffset: log.endOffset, bytesMax: 4_000, atLeastOneBatch: true });
      assert.ok(slice.nextOffset > offset, `nothing can be read at ${offset}`);
      for (const batch of batches(Buffer.concat(slice.parts))) found.push(Uint8Array.from(batch));
      offset = slice.nextOffset;
    }
    assert.deepEqual(
      found.map(offsetsOf),
      expected.map(({ bytes }) => offsetsOf(bytes)),
    );
    for (const [index, bytes] of found.entries())
      assert.deepEqual(bytes, Uint8Array.from(expected[index]?.bytes ?? []));
    const scanned: number[] = [];
    await log.scan(log.startOffset, (batch) => scanned.push(baseOffset(batch)));
    assert.deepEqual(
      scanned,
      expected.map((batch) => batch.baseOffset),
    );
    // Of an empty log nobody can ask which epoch a record had.
    if (expected.length > 0) assert.deepEqual(log.leaderEpochs, this.#epochs(log.startOffset));
    for (const { maxTimestamp } of expected.slice(0, 3)) await this.#checkTime(log, maxTimestamp);
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
    const expected = this.#from(offset).filter((batch) => batch.lastOffset < slice.nextOffset);
    const bytes = Buffer.concat(expected.map((batch) => batch.bytes));
    assert.deepEqual(Buffer.concat(slice.parts), bytes, `a read at ${offset} gives other bytes than were appended`);
  }

  async #checkTime(log: PartitionLog, timestamp: number): Promise<void> {
    const first = this.#from(log.startOffset).find((batch) => batch.maxTimestamp >= timestamp);
    const found = await log.offsetForTimestamp({ timestamp, endOffset: log.endOffset });
    assert.equal(found?.offset, first === undefined ? undefined : Math.max(first.baseOffset, log.startOffset));
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
