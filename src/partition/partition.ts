/**
 * The leader of one partition. Owns where the next batch goes, how far the log is acknowledged (the high watermark), the producers'
 * sequences, where committed reading ends (the last stable offset) and everybody who waits. It decides synchronously: between the check of a batch and its place in the log nothing else runs.
 *
 * It never decodes records, never waits inside a decision, and never outlives a fault of its log: then all who wait are told, and the
 * directory opens the partition again from what the log has kept.
 */
import { assert } from '../base/assert.ts';
import type { Env } from '../base/env.ts';
import { Slots } from '../base/slots.ts';
import type { TopicSettings } from '../config/topic-settings.ts';
import type { CompactionRequest, CompactionResult } from '../log/compaction/compaction-request.ts';
import type {
  AbortedTransaction,
  Cleanable,
  LeaderEpochEntry,
  LogId,
  LogSlice,
  PartitionLog,
  TimestampOffset,
} from '../log/log-engine.ts';
import { LogClosed, LogFull } from '../log/log-faults.ts';
import { buildEndTransactionBatch, type EndTransaction } from '../protocol/batch/end-transaction-batch.ts';
import {
  hasProducerId,
  isControl,
  isTransactional,
  lastOffsetDelta,
  maxTimestamp,
  producerId,
  setBaseOffset,
  setPartitionLeaderEpoch,
} from '../protocol/batch/header.ts';
import { validateProduceBatch } from '../protocol/batch/validate.ts';
import { ErrorCode } from '../protocol/error-code.ts';
import { type Appended, type AppendResult, errorOfRefusal, refused } from './append-result.ts';
import { FlushSchedule, syncsBeforeAcknowledging } from './flush-policy.ts';
import { type EpochEnd, endOffsetOfEpoch, epochOfOffset } from './leader-epochs.ts';
import type { OffsetWaiter } from './offset-waiters.ts';
import { errorOfFault, PartitionFault, type PartitionFaultKind } from './partition-fault.ts';
import { PartitionProgress, type ProgressListener } from './partition-progress.ts';
import { recoverProducers } from './producer-snapshot.ts';
import type { ProducerBatch, ProducerState } from './producer-state.ts';
import { SnapshotKeeper } from './snapshot-keeper.ts';
import { TransactionAdmission } from './transaction-admission.ts';
import type { TransactionMarker } from './transaction-marker.ts';
import {
  TransactionVerifications,
  type VerificationGuard,
  type VerificationWish,
} from './transaction-verifications.ts';

export interface PartitionOptions {
  readonly env: Env;
  /** Open, and opened by nobody else. The partition closes it. */
  readonly log: PartitionLog;
  readonly settings: TopicSettings;
  readonly leaderEpoch: number;
  /** `producer.id.expiration.ms`, as it is now. */
  readonly producerExpirationMs: () => number;
  /** `transaction.partition.verification.enable`, as it is now: no batch begins a transaction without the coordinator's leave (KIP-890). */
  readonly verifiesTransactions: () => boolean;
  /** Of the one that was closed, when the same leader opens the log again: an answer of the coordinator that is under way still counts. */
  readonly verifications?: TransactionVerifications | undefined;
}

/** `uncommitted` reads up to the high watermark, `committed` to the last stable offset, `log-end` everything (replicas, replay). */
export type Isolation = 'uncommitted' | 'committed' | 'log-end';

export interface PartitionRead {
  /** Between the log start and the log end. */
  readonly offset: number;
  readonly isolation: Isolation;
  readonly bytesMax: number;
  readonly atLeastOneBatch: boolean;
}

export class Partition {
  readonly id: LogId;
  readonly leaderEpoch: number;
  readonly verifications: TransactionVerifications;

  readonly #env: Env;
  readonly #log: PartitionLog;
  readonly #producers: ProducerState;
  readonly #snapshots: SnapshotKeeper;
  readonly #progress: PartitionProgress;
  readonly #admission: TransactionAdmission;
  readonly #producerExpirationMs: () => number;
  /** Where this leader's epoch begins, until the log has a record of it and knows. */
  readonly #epochStartOffset: number;

  #settings: TopicSettings;
  #syncsFirst: boolean;
  /** Made when first needed: an idle partition is to cost little. */
  #flush: FlushSchedule | undefined;
  #closing: Promise<void> | undefined;
  #takesAppends = true;
  #stopped: PartitionFault | undefined;
  #isClosedInOrder = false;
  #isClosed = false;
  #onStop: ((fault: PartitionFault) => void) | undefined;

  private constructor(options: PartitionOptions, producers: ProducerState) {
    const { env, log, settings, leaderEpoch } = options;
    this.id = log.id;
    this.leaderEpoch = leaderEpoch;
    this.verifications = options.verifications ?? new TransactionVerifications();
    const { verifications } = this;
    this.#admission = new TransactionAdmission({ producers, verifications, needsLeave: options.verifiesTransactions });
    this.#env = env;
    this.#log = log;
    this.#producers = producers;
    this.#snapshots = new SnapshotKeeper({ logger: env.logger, log, producers });
    this.#producerExpirationMs = options.producerExpirationMs;
    this.#settings = settings;
    this.#syncsFirst = syncsBeforeAcknowledging(settings);
    this.#epochStartOffset = log.endOffset;
    this.#progress = new PartitionProgress(log, producers.transactions);
    log.onProgress = (fault) => this.#onLogProgress(fault);
  }

  /** Takes over an open log. Producer state comes from the newest snapshot and the batch headers behind it. */
  static async open(options: PartitionOptions): Promise<Partition> {
    const producers = await recoverProducers(options.log);
    producers.expire(options.env.clock.now(), options.producerExpirationMs());
    return new Partition(options, producers);
  }

  get settings(): TopicSettings {
    return this.#settings;
  }

  /** The first offset that may be read. */
  get logStartOffset(): number {
    return this.#progress.startOffset;
  }

  /** The offset that the next batch gets. */
  get logEndOffset(): number {
    return this.#log.endOffset;
  }

  /** Everything below is acknowledged and may be read by consumers. */
  get highWatermark(): number {
    return this.#progress.highWatermark;
  }

  /** Everything below is acknowledged and belongs to no open transaction. */
  get lastStableOffset(): number {
    return this.#progress.lastStableOffset;
  }

  /** Bytes above the high watermark: how far the producers are ahead of the disk. */
  get uncommittedBytes(): number {
    return this.#progress.uncommittedBytes;
  }

  /** Bytes of all segments. */
  get bytes(): number {
    return this.#log.bytes;
  }

  get producers(): ProducerState {
    return this.#producers;
  }

  /** Why this leader serves no more; undefined while it does. */
  get stopped(): PartitionFault | undefined {
    return this.#stopped;
  }

  /** It was stopped, and its log is closed. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** It has stopped with everything durable and acknowledged that was appended: the next opening finds the same. */
  get isClosedInOrder(): boolean {
    return this.#isClosedInOrder;
  }

  /** Called once when the partition stops by itself (a fault of its log). Set once, by the directory. */
  set onStop(callback: (fault: PartitionFault) => void) {
    this.#onStop = callback;
  }

  /**
   * Decides about one batch of a client and gives it its place. `records` is the request's own view: offsets, epoch and, if need be,
   * timestamps are written into it, and the log keeps it. `produceVersion` is the version of the Produce request, `guard` what `beginVerification` gave
   * before the coordinator was asked.
   */
  append(records: Uint8Array | null, produceVersion: number, guard?: VerificationGuard): AppendResult {
    if (this.#stopped !== undefined) return refused(errorOfFault(this.#stopped.kind));
    if (!this.#takesAppends) return refused(ErrorCode.KAFKA_STORAGE_ERROR);
    const checked = validateProduceBatch({
      records,
      produceVersion,
      rules: this.#settings,
      nowMs: this.#env.clock.now(),
    });
    if (checked.kind === 'refused') {
      return refused(checked.error, checked.tellsLogStart ? this.logStartOffset : -1, checked);
    }
    const batch = checked.batch;
    if (batch.length > this.#settings.segmentBytes) return refused(ErrorCode.RECORD_LIST_TOO_LARGE);
    if (hasProducerId(batch)) {
      const verdict = this.#producers.check(batch, this.#admission.beginningOf(batch, guard));
      if (verdict.kind === 'duplicate') return this.#appendedBefore(verdict.batch);
      if (verdict.kind === 'out-of-order' && !this.#log.hasRoomFor(batch.length)) {
        // The log has not taken the one before it. A producer that is told of a gap begins a new epoch, and what it sends again in that one is not known any more.
        return refused(ErrorCode.KAFKA_STORAGE_ERROR);
      }
      if (verdict.kind !== 'next') return refused(errorOfRefusal(verdict), this.logStartOffset);
    }
    return this.#place(batch, checked.logAppendTimeMs);
  }

  /**
   * Appends a batch that this broker made (coordinators). It is trusted; checked are the epoch that it was decided in and, in a producer's transaction, whether
   * that may go on here (`guard` as in `append`).
   */
  appendInternal(batch: Uint8Array, expectedLeaderEpoch: number, guard?: VerificationGuard): AppendResult {
    if (this.#stopped !== undefined) return refused(errorOfFault(this.#stopped.kind));
    if (!this.#takesAppends) return refused(ErrorCode.KAFKA_STORAGE_ERROR);
    if (expectedLeaderEpoch !== this.leaderEpoch) return refused(ErrorCode.NOT_LEADER_OR_FOLLOWER);
    assert(!isControl(batch), 'a transaction is ended by a marker');
    if (hasProducerId(batch)) {
      const verdict = this.#producers.checkInternal(batch, this.#admission.beginningOf(batch, guard));
      if (verdict.kind !== 'next') return refused(errorOfRefusal(verdict));
    }
    return this.#place(batch, -1);
  }

  /** False refuses appends with KAFKA_STORAGE_ERROR while reads go on: the log has just failed and may do so again. */
  set takesAppends(takes: boolean) {
    this.#takesAppends = takes;
  }

  get takesAppends(): boolean {
    return this.#takesAppends;
  }

  /**
   * Writes down that a producer's transaction has ended here (KIP-98). Without an open one there is nothing to end, but a coordinator that carries its decision out
   * again after a crash cannot know that: the marker is written all the same, and fences the epochs below its own.
   */
  appendMarker(marker: TransactionMarker): AppendResult {
    if (this.#stopped !== undefined) return refused(errorOfFault(this.#stopped.kind));
    if (!this.#takesAppends) return refused(ErrorCode.KAFKA_STORAGE_ERROR);
    const { producerId, producerEpoch, coordinatorEpoch, transactionVersion } = marker;
    // Kafka's answer to markers of nobody, which only a request made by hand can ask for.
    if (producerId < 0 || producerEpoch < 0 || transactionVersion < 0) return refused(ErrorCode.UNKNOWN_SERVER_ERROR);
    const verdict = this.#producers.checkMarker(marker);
    if (verdict === 'old-epoch') return refused(ErrorCode.INVALID_PRODUCER_EPOCH);
    if (verdict === 'old-coordinator') return refused(ErrorCode.TRANSACTION_COORDINATOR_FENCED);
    const isCommit = marker.outcome === 'committed';
    const timestampMs = this.#env.clock.now();
    const batch = buildEndTransactionBatch({ producerId, producerEpoch, isCommit, coordinatorEpoch, timestampMs });
    const aborted = isCommit ? undefined : this.#producers.abortedBy(producerId, this.#log.endOffset);
    return this.#place(batch, -1, { end: { isCommit, coordinatorEpoch }, aborted });
  }

  /**
   * To be called before the coordinator is asked whether a producer may begin its transaction here. The guard goes with the append: if the transaction was ended
   * in between, it is refused (KIP-890). Undefined when the transaction is open already: then nobody has to be asked.
   */
  beginVerification(wish: VerificationWish): VerificationGuard | undefined {
    return this.#admission.begin(wish, this.#env.clock.now());
  }

  waitUntilCommitted(lastOffset: number, waiter: OffsetWaiter, token: number): boolean {
    return this.#progress.waitUntilCommitted(lastOffset, waiter, token);
  }

  waitUntilWritten(lastOffset: number, waiter: OffsetWaiter, token: number): boolean {
    if (!this.#progress.waitUntilWritten(lastOffset, waiter, token)) return false;
    this.#log.requestWrite();
    return true;
  }

  /** Resolves when the record at `offset` is acknowledged for all replicas; rejects with a PartitionFault. */
  whenDurable(offset: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (_token: number, fault?: PartitionFault) => (fault === undefined ? resolve() : reject(fault));
      if (this.#stopped !== undefined) reject(this.#stopped);
      else if (!this.waitUntilCommitted(offset, { settle }, 0)) resolve();
    });
  }

  /** Whether a request that believes in this leader epoch may be served; -1 believes nothing (KIP-320). */
  checkLeaderEpoch(epoch: number): ErrorCode {
    if (this.#stopped !== undefined) return errorOfFault(this.#stopped.kind);
    if (epoch === -1 || epoch === this.leaderEpoch) return ErrorCode.NONE;
    return epoch < this.leaderEpoch ? ErrorCode.FENCED_LEADER_EPOCH : ErrorCode.UNKNOWN_LEADER_EPOCH;
  }

  /** Where reading with this isolation ends. */
  readLimit(isolation: Isolation): number {
    if (isolation === 'uncommitted') return this.#progress.highWatermark;
    return isolation === 'committed' ? this.lastStableOffset : this.#log.endOffset;
  }

  /** Whole batches from the one with `offset` on, in the same turn when they are recent. Empty at and above the read limit. */
  read(request: PartitionRead): LogSlice | Promise<LogSlice> {
    const { offset, bytesMax, atLeastOneBatch } = request;
    assert(offset >= this.logStartOffset && offset <= this.#log.endOffset, 'a read outside of the log', { offset });
    const endOffset = this.readLimit(request.isolation);
    if (offset >= endOffset) return { parts: noParts, bytes: 0, nextOffset: offset };
    return this.#log.read({ offset, endOffset, bytesMax, atLeastOneBatch });
  }

  /** What a reader of committed records has to leave out of `[offset, nextOffset)`, which it has read: a plain value where nothing was aborted (invariant I16). */
  abortedTransactions(read: {
    readonly offset: number;
    readonly nextOffset: number;
  }): readonly AbortedTransaction[] | Promise<readonly AbortedTransaction[]> {
    return this.#log.abortedTransactions(read);
  }

  /**
   * Hands over everything from the log start to the log end, as runs of whole batches, in order: how a coordinator rebuilds its state.
   * Appends meanwhile are not seen.
   */
  async replay(visit: (batches: Uint8Array) => void): Promise<void> {
    const endOffset = this.#log.endOffset;
    let offset = this.#log.startOffset;
    while (offset < endOffset) {
      const slice = await this.#log.read({ offset, endOffset, bytesMax: replayBytes, atLeastOneBatch: true });
      if (slice.bytes === 0) return;
      for (const part of slice.parts) visit(part);
      offset = slice.nextOffset;
    }
  }

  /** The first record, below the read limit, whose timestamp is at least `timestamp`. */
  offsetForTimestamp(timestamp: number, isolation: Isolation): Promise<TimestampOffset | undefined> {
    return this.#log.offsetForTimestamp({ timestamp, endOffset: this.readLimit(isolation) });
  }

  offsetOfMaxTimestamp(): Promise<TimestampOffset | undefined> {
    return this.#log.offsetOfMaxTimestamp();
  }

  /** Where a leader epoch ended (KIP-101); this leader's own reaches to the log end. */
  endOfEpoch(epoch: number): EpochEnd {
    return endOffsetOfEpoch(this.#epochs(), epoch, this.#log.endOffset);
  }

  /** The epoch in which the record at `offset` was written; at the log end, the one that the next record gets. */
  epochAt(offset: number): number {
    return epochOfOffset(this.#epochs(), offset);
  }

  addListener(listener: ProgressListener): void {
    this.#progress.addListener(listener);
  }

  removeListener(listener: ProgressListener): void {
    this.#progress.removeListener(listener);
  }

  /** Deletes what lies below `offset` (at most the high watermark); durable when it resolves (KIP-107). */
  async deleteRecordsBefore(offset: number): Promise<void> {
    assert(offset <= this.highWatermark, 'records that are not acknowledged cannot be deleted', { offset });
    if (offset <= this.logStartOffset) return;
    await this.#log.advanceStart(offset);
    this.#advance();
  }

  /** Deletes what the topic's retention allows now. Answers how many segments went. */
  async applyRetention(): Promise<number> {
    if (this.#stopped !== undefined) return 0;
    const removed = await this.#log.applyRetention(this.highWatermark);
    this.#advance();
    return removed;
  }

  /** What a compaction could look at now. */
  cleanable(): Cleanable {
    return this.#log.cleanable(this.#compactedUpTo);
  }

  /** Undefined when it was ended before it was through, or when the partition has stopped. */
  async compact(request: Omit<CompactionRequest, 'upTo' | 'isLastOfProducer'>): Promise<CompactionResult | undefined> {
    if (this.#stopped !== undefined) return undefined;
    const isLastOfProducer = (batch: Uint8Array): boolean => this.#producers.isLastOf(batch, this.#log.durableOffset);
    return this.#log.compact({ ...request, upTo: this.#compactedUpTo, isLastOfProducer });
  }

  /** Whether a record above is committed, or part of an aborted transaction, is not known yet. */
  get #compactedUpTo(): number {
    return Math.min(this.lastStableOffset, this.highWatermark);
  }

  /** Forgets producers that were idle for `producer.id.expiration.ms`. */
  expireProducers(): void {
    const nowMs = this.#env.clock.now();
    this.#producers.expire(nowMs, this.#producerExpirationMs());
    this.verifications.expire(nowMs, this.#producerExpirationMs());
  }

  /** The topic's settings changed; the next append follows them. */
  reconfigure(settings: TopicSettings): void {
    if (this.#stopped !== undefined) return;
    this.#settings = settings;
    this.#syncsFirst = syncsBeforeAcknowledging(settings);
    this.#flush?.reconfigure(settings);
    this.#log.reconfigure(settings);
    // Whoever waits under the old settings is waited for until a sync, whatever the new ones say.
    if (this.#log.durableOffset < this.#log.endOffset) this.#log.requestSync();
  }

  /**
   * Stops serving, from this turn on, and closes the log with everything written and synced. When the broker stops (`closed`), what was appended before is
   * still acknowledged; in all cases who waits beyond that is told `kind`. Where many stop at once, their logs are closed in `turns`.
   */
  async stop(kind: PartitionFaultKind, turns = new Slots(1)): Promise<void> {
    if (this.#stopped === undefined) {
      const fault = this.#fault(kind);
      this.#stopped = fault;
      this.#flush?.stop();
      if (kind !== 'closed') this.#progress.fail(fault);
      this.#closing = turns.run(() => this.#close(fault));
    }
    this.#closing ??= turns.run(() => this.#letGo());
    await this.#closing;
  }

  /** After a fault: the log serves nobody any more, and the next opening needs its files. */
  async #letGo(): Promise<void> {
    try {
      await this.#snapshots.settled;
      await this.#log.close();
    } finally {
      this.#isClosed = true;
    }
  }

  async #close(fault: PartitionFault): Promise<void> {
    try {
      await this.#snapshots.settled;
      if (fault.kind !== 'deleted') await this.#snapshots.leave(this.#log.endOffset);
      await this.#log.close();
      if (fault.kind === 'closed') this.#advance();
      this.#isClosedInOrder = this.highWatermark === this.#log.endOffset;
    } finally {
      this.#isClosed = true;
      this.#progress.fail(fault);
    }
  }

  /** Gives the batch its offsets and its epoch, and the log its bytes. */
  #place(batch: Uint8Array, logAppendTimeMs: number, ending?: TransactionEnding): AppendResult {
    const baseOffset = this.#log.endOffset;
    const records = lastOffsetDelta(batch) + 1;
    const lastOffset = baseOffset + records - 1;
    setBaseOffset(batch, baseOffset);
    setPartitionLeaderEpoch(batch, this.leaderEpoch);
    try {
      this.#log.append({
        bytes: batch,
        baseOffset,
        lastOffset,
        leaderEpoch: this.leaderEpoch,
        maxTimestamp: maxTimestamp(batch),
        aborted: ending?.aborted,
      });
    } catch (error) {
      // Nothing was appended. A full log goes on serving reads; one that had failed before anybody listened says so now.
      if (error instanceof LogClosed) this.#onLogProgress(error);
      if (error instanceof LogFull || error instanceof LogClosed) return refused(ErrorCode.KAFKA_STORAGE_ERROR);
      throw error;
    }
    // Invariant I2.
    assert(this.#log.endOffset === lastOffset + 1, 'the log ends elsewhere than the partition decided', { lastOffset });
    // After the append: a snapshot that the log asks for when it begins a segment must not contain this batch.
    if (hasProducerId(batch)) this.#applyToProducers(batch, ending);
    this.#progress.appended(lastOffset + 1, batch.length);
    if (this.#syncsFirst) this.#log.requestSync();
    else this.#writeFirst(records);
    this.#advance();
    return {
      kind: 'appended',
      duplicate: false,
      baseOffset,
      lastOffset,
      logAppendTimeMs,
      logStartOffset: this.logStartOffset,
    };
  }

  /** The high watermark follows what is written. */
  #writeFirst(records: number): void {
    this.#log.requestWrite();
    this.#flush ??= new FlushSchedule(this.#env.timers, this.#settings, () => this.#requestSync());
    this.#flush.appended(records);
  }

  #applyToProducers(batch: Uint8Array, ending: TransactionEnding | undefined): void {
    if (ending === undefined) this.#producers.apply(batch, this.#progress.appendedBytes);
    else this.#producers.applyEnd(batch, ending.end);
    if (isTransactional(batch)) this.verifications.end(producerId(batch));
  }

  #appendedBefore(batch: ProducerBatch): Appended {
    return {
      kind: 'appended',
      duplicate: true,
      baseOffset: batch.lastOffset - batch.offsetDelta,
      lastOffset: batch.lastOffset,
      logAppendTimeMs: batch.timestamp,
      logStartOffset: this.logStartOffset,
    };
  }

  #advance(): void {
    const { startOffset, writtenOffset, durableOffset } = this.#log;
    this.#progress.advance({
      startOffset,
      writtenOffset,
      committedOffset: this.#syncsFirst ? durableOffset : writtenOffset,
    });
  }

  #onLogProgress(cause: Error | undefined): void {
    if (cause === undefined) {
      this.#advance();
    } else if (this.#stopped === undefined) {
      this.#stopped = this.#fault('storage', cause);
      this.#flush?.stop();
      this.#progress.fail(this.#stopped);
      this.#onStop?.(this.#stopped);
    }
  }

  #requestSync(): void {
    if (this.#stopped === undefined) this.#log.requestSync();
  }

  #epochs(): readonly LeaderEpochEntry[] {
    const known = this.#log.leaderEpochs;
    if (known.at(-1)?.epoch === this.leaderEpoch) return known;
    return [...known, { epoch: this.leaderEpoch, startOffset: this.#epochStartOffset }];
  }

  #fault(kind: PartitionFaultKind, cause?: unknown): PartitionFault {
    return new PartitionFault({ kind, topic: this.id.topic, partition: this.id.partition, cause });
  }
}

/** A marker that is about to be appended. */
interface TransactionEnding {
  readonly end: EndTransaction;
  readonly aborted: AbortedTransaction | undefined;
}

/** How much of a log is read at a time when all of it is. */
const replayBytes = 1024 * 1024;

const noParts: readonly Uint8Array[] = [];
