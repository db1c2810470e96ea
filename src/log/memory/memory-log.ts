/**
 * A partition's log in memory. What is appended is at once as safe as it will ever be: written, durable and end offset are the same.
 * Its data belongs to the engine, so that a partition that is closed and opened again finds it.
 */
import type { Env } from '../../base/env.ts';
import { cleanablePart } from '../compaction/cleanable.ts';
import type { CompactionRequest, CompactionResult } from '../compaction/compaction-request.ts';
import { EpochList } from '../epoch-list.ts';
import type {
  AbortedCount,
  AbortedTransaction,
  AppendedBatch,
  Cleanable,
  LeaderEpochEntry,
  LogId,
  LogRead,
  LogSettings,
  LogSlice,
  PartitionLog,
  Snapshot,
  TimestampOffset,
} from '../log-engine.ts';
import { LogClosed, LogFull } from '../log-faults.ts';
import { firstRecordOfMaxTimestamp, firstRecordSince } from '../record-times.ts';
import type { RetainedBytes } from '../retained-bytes.ts';
import { expiredSegments } from '../retention.ts';
import { mustRoll, rollJitterMs } from '../segment-roll.ts';
import { compactSegments } from './compact-segments.ts';
import { MemorySegment } from './memory-segment.ts';

const SNAPSHOTS_KEPT = 2;

/** What the engine keeps of a log, open or not. */
export class MemoryLogData {
  readonly id: LogId;
  readonly epochs = new EpochList();
  readonly snapshots: { offset: number; bytes: Uint8Array }[] = [];
  /** Oldest first; the last one takes the appends. */
  segments: MemorySegment[] = [];
  startOffset = 0;
  endOffset = 0;
  /** Below, each key has one record. */
  cleanOffset = 0;
  bytes = 0;
  open = false;

  constructor(id: LogId) {
    this.id = id;
  }

  release(retained: RetainedBytes): void {
    for (const segment of this.segments) segment.release(retained);
    this.segments = [];
  }
}

export interface MemoryLogOptions {
  readonly env: Env;
  readonly data: MemoryLogData;
  readonly settings: LogSettings;
  readonly retained: RetainedBytes;
  /** The bound for all logs of the engine. */
  readonly bytesMax: number;
}

export class MemoryLog implements PartitionLog {
  onProgress: (fault: Error | undefined) => void = () => {};
  onRoll: (offset: number) => void = () => {};
  beforeStart: () => Promise<void> = async () => {};

  readonly #env: Env;
  readonly #data: MemoryLogData;
  readonly #retained: RetainedBytes;
  readonly #bytesMax: number;
  #settings: LogSettings;
  #progressPending = false;
  #closed = false;

  constructor(options: MemoryLogOptions) {
    this.#env = options.env;
    this.#data = options.data;
    this.#retained = options.retained;
    this.#bytesMax = options.bytesMax;
    this.#settings = options.settings;
    this.#data.open = true;
  }

  get id(): LogId {
    return this.#data.id;
  }

  get startOffset(): number {
    return this.#data.startOffset;
  }

  get endOffset(): number {
    return this.#data.endOffset;
  }

  get writtenOffset(): number {
    return this.#data.endOffset;
  }

  get durableOffset(): number {
    return this.#data.endOffset;
  }

  get leaderEpochs(): readonly LeaderEpochEntry[] {
    return this.#data.epochs.entries;
  }

  get bytes(): number {
    return this.#data.bytes;
  }

  append(batch: AppendedBatch): void {
    if (this.#closed) throw new LogClosed('an append to a closed log');
    const bytes = batch.bytes.byteLength;
    if (!this.hasRoomFor(bytes)) this.#deleteExpired(this.#data.endOffset);
    if (!this.hasRoomFor(bytes))
      throw new LogFull(`the logs in memory hold ${this.#retained.total} bytes, their bound`);
    const nowMs = this.#env.clock.now();
    const segment = this.#segmentFor(batch, nowMs);
    const stored = { bytes: this.#retained.keep(batch.bytes), lastOffset: batch.lastOffset };
    segment.append(batch, stored, nowMs);
    this.#data.epochs.onBatch(batch.leaderEpoch, batch.baseOffset);
    this.#data.bytes += stored.bytes.byteLength;
    this.#data.endOffset = batch.lastOffset + 1;
    this.#progress();
  }

  hasRoomFor(bytes: number): boolean {
    return this.#retained.total + bytes <= this.#bytesMax;
  }

  #segmentFor(batch: AppendedBatch, nowMs: number): MemorySegment {
    const last = this.#data.segments.at(-1);
    if (last !== undefined && !mustRoll(last, batch, this.#settings, nowMs)) return last;
    if (last !== undefined) this.onRoll(batch.baseOffset);
    return this.#addSegment(batch.baseOffset, nowMs);
  }

  #addSegment(baseOffset: number, createdMs: number): MemorySegment {
    const jitterMs = rollJitterMs(this.#settings, this.#env.random.next());
    const segment = new MemorySegment({ baseOffset, createdMs, rollJitterMs: jitterMs });
    this.#data.segments.push(segment);
    return segment;
  }

  #progress(): void {
    if (this.#progressPending) return;
    this.#progressPending = true;
    queueMicrotask(() => {
      this.#progressPending = false;
      if (!this.#closed) this.onProgress(undefined);
    });
  }

  requestWrite(): void {}

  requestSync(): void {}

  read(read: LogRead): LogSlice {
    for (const segment of this.#segmentsFrom(read.offset)) {
      const slice = segment.batches.slice(read);
      // A segment whose batches all end below the offset (compaction leaves such) has nothing to say about it.
      if (slice.bytes > 0 || segment.endOffset > read.offset) return slice;
    }
    return { parts: [], bytes: 0, nextOffset: read.offset };
  }

  #segmentsFrom(offset: number): readonly MemorySegment[] {
    const index = this.#data.segments.findLastIndex((segment) => segment.baseOffset <= offset);
    return this.#data.segments.slice(Math.max(0, index));
  }

  async offsetForTimestamp(request: { timestamp: number; endOffset: number }): Promise<TimestampOffset | undefined> {
    for (const segment of this.#data.segments) {
      if (segment.maxTimestamp < request.timestamp) continue;
      const found = firstInSegment(segment, request.timestamp, this.#data.startOffset);
      if (found !== undefined) return found.offset < request.endOffset ? found : undefined;
    }
    return undefined;
  }

  async offsetOfMaxTimestamp(): Promise<TimestampOffset | undefined> {
    let best: MemorySegment | undefined;
    for (const segment of this.#data.segments) {
      if (segment.bytes > 0 && (best === undefined || segment.maxTimestamp > best.maxTimestamp)) best = segment;
    }
    const batch = best?.batches.at(best.batches.indexOf(best.maxTimestamp < 0 ? 0 : best.offsetOfMaxTimestamp));
    return batch === undefined ? undefined : firstRecordOfMaxTimestamp(batch.bytes);
  }

  abortedTransactions({ offset, nextOffset }: { offset: number; nextOffset: number }): readonly AbortedTransaction[] {
    const segments = this.#segmentsFrom(offset);
    if (!segments.some(({ aborted }) => (aborted.at(-1)?.lastOffset ?? -1) >= offset)) return noneAborted;
    const upperOffset = this.#upperOffset(nextOffset);
    const found: AbortedTransaction[] = [];
    for (const { aborted } of segments) {
      for (const transaction of aborted.slice(firstEndingSince(aborted, offset))) {
        if (transaction.firstOffset < upperOffset) found.push(transaction);
        if (transaction.lastStableOffset >= upperOffset) return found;
      }
    }
    return found;
  }

  /** Where an index with an entry every `index.interval.bytes` would have one: as far as the local engine looks. */
  #upperOffset(nextOffset: number): number {
    const [segment] = this.#segmentsFrom(nextOffset - 1);
    if (segment === undefined) return nextOffset;
    let bytes = 0;
    for (let index = segment.batches.indexOf(nextOffset); index < segment.batches.count; index += 1) {
      const batch = segment.batches.at(index);
      if (bytes > this.#settings.indexIntervalBytes && batch !== undefined) return batch.lastOffset;
      bytes += batch?.bytes.byteLength ?? 0;
    }
    return segment.endOffset;
  }

  // What was listed stays listed: it is kept with the batches.
  abortedCounts(): readonly AbortedCount[] {
    return [];
  }

  listsAborted(): boolean {
    return true;
  }

  async forgetAborted(offset: number): Promise<void> {
    for (const { aborted } of this.#segmentsFrom(offset)) aborted.splice(firstEndingSince(aborted, offset));
  }

  listAborted(transaction: AbortedTransaction): void {
    this.#segmentsFrom(transaction.lastOffset)[0]?.aborted.push(transaction);
  }

  async scan(offset: number, visit: (batch: Uint8Array) => void): Promise<void> {
    for (const { batches } of this.#segmentsFrom(offset)) {
      for (let index = batches.indexOf(offset); index < batches.count; index += 1) {
        const batch = batches.at(index);
        if (batch !== undefined) visit(batch.bytes);
      }
    }
  }

  async advanceStart(offset: number): Promise<void> {
    if (offset <= this.#data.startOffset) return;
    this.#data.startOffset = offset;
    this.#data.epochs.cutStart(offset);
    this.#deleteExpired(offset);
    this.#progress();
  }

  async applyRetention(upTo: number): Promise<number> {
    return this.#deleteExpired(upTo);
  }

  #deleteExpired(upTo: number): number {
    const { segments, startOffset, endOffset } = this.#data;
    const nowMs = this.#env.clock.now();
    const count = expiredSegments({ segments, settings: this.#settings, nowMs, startOffset, upTo });
    if (count === 0) return 0;
    if (count === segments.length) {
      this.onRoll(endOffset);
      this.#addSegment(endOffset, nowMs);
    }
    for (const segment of segments.splice(0, count)) {
      this.#data.bytes -= segment.bytes;
      segment.release(this.#retained);
    }
    const firstOffset = segments[0]?.baseOffset ?? endOffset;
    if (firstOffset > startOffset) {
      this.#data.startOffset = firstOffset;
      this.#data.epochs.cutStart(firstOffset);
      this.#progress();
    }
    return count;
  }

  cleanable(upTo: number): Cleanable {
    return cleanablePart({
      segments: this.#data.segments,
      settings: this.#settings,
      nowMs: this.#env.clock.now(),
      startOffset: this.#data.startOffset,
      cleanOffset: this.#data.cleanOffset,
      upTo,
    });
  }

  async compact(request: CompactionRequest): Promise<CompactionResult | undefined> {
    const { segments } = this.#data;
    const part = this.cleanable(request.upTo);
    const result = compactSegments(segments, part, { request, settings: this.#settings, nowMs: this.#env.clock.now() });
    segments.splice(part.first, result.replaced.length, ...result.segments);
    for (const segment of result.segments) segment.keep(this.#retained);
    for (const segment of result.replaced) segment.release(this.#retained);
    this.#data.bytes += result.bytesAfter - result.bytesBefore;
    this.#data.cleanOffset = result.cleanOffset;
    await request.pace(result.bytesBefore + result.bytesAfter, request.signal);
    return result;
  }

  reconfigure(settings: LogSettings): void {
    this.#settings = settings;
  }

  async writeSnapshot(offset: number, bytes: Uint8Array): Promise<void> {
    const { snapshots } = this.#data;
    snapshots.push({ offset, bytes });
    snapshots.sort((one, other) => one.offset - other.offset);
    snapshots.splice(0, snapshots.length - SNAPSHOTS_KEPT);
  }

  async latestSnapshot<State>(decode: (bytes: Uint8Array) => State | undefined): Promise<Snapshot<State> | undefined> {
    const { snapshots } = this.#data;
    const newest = snapshots.at(-1);
    const state = newest === undefined ? undefined : decode(newest.bytes);
    if (newest !== undefined && state !== undefined) return { offset: newest.offset, state };
    snapshots.length = 0;
    return undefined;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#data.open = false;
  }
}

const noneAborted: readonly AbortedTransaction[] = [];

/** The place of the first that ends at or above `offset`. */
function firstEndingSince(aborted: readonly AbortedTransaction[], offset: number): number {
  let low = 0;
  let high = aborted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((aborted[middle]?.lastOffset ?? 0) < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

function firstInSegment(segment: MemorySegment, timestamp: number, startOffset: number): TimestampOffset | undefined {
  const { batches } = segment;
  for (let index = batches.indexOf(startOffset); index < batches.count; index += 1) {
    const batch = batches.at(index);
    const found = batch === undefined ? undefined : firstRecordSince(batch.bytes, timestamp, startOffset);
    if (found !== undefined) return found;
  }
  return undefined;
}
