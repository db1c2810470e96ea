/**
 * A log for tests of what waits for the disk: it takes appends like the memory log behind it, but what is written and what is durable moves only
 * when the test says so, and it fails on demand.
 */
import { present } from '../base/assert.ts';
import type { CompactionRequest, CompactionResult } from '../log/compaction/compaction-request.ts';
import type {
  AbortedTransaction,
  AppendedBatch,
  Cleanable,
  DirectoryUsage,
  LogEngine,
  LogId,
  LogRead,
  LogSettings,
  LogUsage,
  PartitionLog,
  Snapshot,
} from '../log/log-engine.ts';
import { LogClosed } from '../log/log-faults.ts';

export class HeldLog implements PartitionLog {
  readonly #inner: PartitionLog;
  onProgress: (fault: Error | undefined) => void = () => {};
  writtenOffset: number;
  durableOffset: number;
  /** How often a sync was wished for. */
  syncWishes = 0;
  #failed = false;

  constructor(inner: PartitionLog) {
    this.#inner = inner;
    this.writtenOffset = inner.endOffset;
    this.durableOffset = inner.endOffset;
  }

  /** The operating system has everything below `offset`. */
  write(offset: number): void {
    this.writtenOffset = offset;
    this.onProgress(undefined);
  }

  /** Everything below `offset` is on stable storage. */
  sync(offset: number): void {
    this.writtenOffset = Math.max(this.writtenOffset, offset);
    this.durableOffset = offset;
    this.onProgress(undefined);
  }

  fail(fault: Error): void {
    this.#failed = true;
    this.onProgress(fault);
  }

  append(batch: AppendedBatch): void {
    if (this.#failed) throw new LogClosed('the log failed');
    this.#inner.append(batch);
  }

  hasRoomFor(bytes: number): boolean {
    return this.#inner.hasRoomFor(bytes);
  }

  requestWrite(): void {}

  requestSync(): void {
    this.syncWishes += 1;
  }

  async close(): Promise<void> {
    await this.#inner.close();
    if (this.#failed) return;
    this.writtenOffset = this.#inner.endOffset;
    this.durableOffset = this.#inner.endOffset;
  }

  get id(): LogId {
    return this.#inner.id;
  }

  get startOffset(): number {
    return this.#inner.startOffset;
  }

  get endOffset(): number {
    return this.#inner.endOffset;
  }

  get leaderEpochs(): PartitionLog['leaderEpochs'] {
    return this.#inner.leaderEpochs;
  }

  get bytes(): number {
    return this.#inner.bytes;
  }

  set onRoll(callback: (offset: number) => void) {
    this.#inner.onRoll = callback;
  }

  get onRoll(): (offset: number) => void {
    return this.#inner.onRoll;
  }

  set beforeStart(callback: () => Promise<void>) {
    this.#inner.beforeStart = callback;
  }

  get beforeStart(): () => Promise<void> {
    return this.#inner.beforeStart;
  }

  read(request: LogRead): ReturnType<PartitionLog['read']> {
    return this.#inner.read(request);
  }

  offsetForTimestamp(request: {
    timestamp: number;
    endOffset: number;
  }): ReturnType<PartitionLog['offsetForTimestamp']> {
    return this.#inner.offsetForTimestamp(request);
  }

  offsetOfMaxTimestamp(): ReturnType<PartitionLog['offsetOfMaxTimestamp']> {
    return this.#inner.offsetOfMaxTimestamp();
  }

  abortedTransactions(read: { offset: number; nextOffset: number }): ReturnType<PartitionLog['abortedTransactions']> {
    return this.#inner.abortedTransactions(read);
  }

  abortedCounts(): ReturnType<PartitionLog['abortedCounts']> {
    return this.#inner.abortedCounts();
  }

  listsAborted(counts: ReturnType<PartitionLog['abortedCounts']>): boolean {
    return this.#inner.listsAborted(counts);
  }

  forgetAborted(offset: number): Promise<void> {
    return this.#inner.forgetAborted(offset);
  }

  listAborted(aborted: AbortedTransaction): void {
    this.#inner.listAborted(aborted);
  }

  scan(offset: number, visit: (batch: Uint8Array) => void): Promise<void> {
    return this.#inner.scan(offset, visit);
  }

  advanceStart(offset: number): Promise<void> {
    return this.#inner.advanceStart(offset);
  }

  applyRetention(upTo: number): Promise<number> {
    return this.#inner.applyRetention(upTo);
  }

  cleanable(upTo: number): Cleanable {
    return this.#inner.cleanable(upTo);
  }

  compact(request: CompactionRequest): Promise<CompactionResult | undefined> {
    return this.#inner.compact(request);
  }

  reconfigure(settings: LogSettings): void {
    this.#inner.reconfigure(settings);
  }

  writeSnapshot(offset: number, bytes: Uint8Array): Promise<void> {
    return this.#inner.writeSnapshot(offset, bytes);
  }

  latestSnapshot<State>(decode: (bytes: Uint8Array) => State | undefined): Promise<Snapshot<State> | undefined> {
    return this.#inner.latestSnapshot(decode);
  }
}

/** An engine whose logs are held; the test finds them by topic and partition. */
export class HeldLogEngine implements LogEngine {
  readonly #inner: LogEngine;
  readonly #logs = new Map<string, HeldLog>();
  /** While set, opening fails with it. */
  openingFault: Error | undefined;
  /** Opening waits for it. */
  openingGate: Promise<void> = Promise.resolve();
  /** How often logs were opened. */
  openings = 0;

  constructor(inner: LogEngine) {
    this.#inner = inner;
  }

  async open(id: LogId, settings: LogSettings): Promise<PartitionLog> {
    this.openings += 1;
    await this.openingGate;
    if (this.openingFault !== undefined) throw this.openingFault;
    const log = new HeldLog(await this.#inner.open(id, settings));
    this.#logs.set(`${id.topic}-${id.partition}`, log);
    return log;
  }

  /** The last one that was opened under this name. */
  log(topic: string, partition = 0): HeldLog {
    return present(this.#logs.get(`${topic}-${partition}`), 'no such log was opened');
  }

  list(): Promise<readonly LogId[]> {
    return this.#inner.list();
  }

  remove(id: LogId): Promise<void> {
    return this.#inner.remove(id);
  }

  setAside(id: LogId): Promise<void> {
    return this.#inner.setAside(id);
  }

  directories(): Promise<readonly DirectoryUsage[]> {
    return this.#inner.directories();
  }

  usage(): Promise<readonly LogUsage[]> {
    return this.#inner.usage();
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}
