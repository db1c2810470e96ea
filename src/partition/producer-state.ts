/**
 * What one partition knows about the idempotent producers that wrote to it (KIP-98): per producer id the epoch, the last five batches, from which
 * duplicates and gaps are told (invariant I6), and the transaction that is open. A pure state machine: it decides, the partition appends, then it applies;
 * it never reads a clock or a disk. All of it can be rebuilt from a snapshot (`producer-snapshot.ts`), the batch headers and the control batches after it.
 */
import { assert } from '../base/assert.ts';
import { LazyMap } from '../base/lazy-map.ts';
import { limits } from '../base/limits.ts';
import type { AbortedTransaction } from '../log/log-engine.ts';
import type { EndTransaction } from '../protocol/batch/end-transaction-batch.ts';
import {
  baseOffset,
  baseSequence,
  isControl,
  isTransactional,
  lastOffset,
  lastSequence,
  maxTimestamp,
  NO_PRODUCER_EPOCH,
  producerEpoch,
  producerId,
  recordCount,
} from '../protocol/batch/header.ts';
import type { TransactionMarker } from './transaction-marker.ts';
import type { PendingVerification } from './transaction-verifications.ts';
import { UnstableTransactions } from './unstable-transactions.ts';

/** One remembered batch. Sequences wrap from 2^31−1 to 0, so `lastSequence` may be the smaller one. */
export interface ProducerBatch {
  firstSequence: number;
  lastSequence: number;
  lastOffset: number;
  /** `lastOffset` minus the first offset. */
  offsetDelta: number;
  /** The batch's largest timestamp. */
  timestamp: number;
}

export interface ProducerEntry {
  readonly producerId: number;
  epoch: number;
  /** Oldest first, at most five; all of the current epoch. Empty after a transaction marker raised the epoch. */
  readonly batches: ProducerBatch[];
  /** The largest timestamp of the newest batch: expiry follows it, not the clock at the append. */
  lastTimestamp: number;
  /** Of the transaction coordinator that wrote the last marker; -1 when none did. */
  coordinatorEpoch: number;
  /** Where the open transaction begins; -1 when none is open. */
  currentTxnFirstOffset: number;
}

export type ProducerVerdict =
  | { readonly kind: 'next' }
  | { readonly kind: 'duplicate'; readonly batch: ProducerBatch }
  | ProducerRefusal;

export type ProducerRefusal =
  | { readonly kind: 'out-of-order' }
  | { readonly kind: 'old-epoch' }
  /** A batch that would begin a transaction that nobody has admitted, or one that is not part of the transaction that is open. */
  | { readonly kind: 'wrong-transaction' };

export type MarkerVerdict = 'next' | 'old-epoch' | 'old-coordinator';

/** What the partition knows about a batch that may begin a transaction (KIP-890). */
export interface TransactionBeginning {
  /** The coordinator knows that the partition is part of the transaction, or nobody asks it. */
  readonly isAdmitted: boolean;
  /** What its producer has asked the coordinator; undefined when it has not. */
  readonly verification: PendingVerification | undefined;
}

/** Kafka's clients keep at most five requests in flight, so a retry is always among the last five batches. */
const rememberedBatches = 5;
const maxSequence = 0x7fffffff;

/** The version of transactions whose markers have a higher epoch than the records before them (KIP-890). */
const epochBumpVersion = 2;

const next = { kind: 'next' } as const;
const outOfOrder: ProducerRefusal = { kind: 'out-of-order' };
const oldEpoch: ProducerRefusal = { kind: 'old-epoch' };
const wrongTransaction: ProducerRefusal = { kind: 'wrong-transaction' };

export class ProducerState {
  readonly #entries = new LazyMap<number, ProducerEntry>();
  readonly transactions = new UnstableTransactions();

  get size(): number {
    return this.#entries.size;
  }

  entries(): Iterable<ProducerEntry> {
    return this.#entries.values();
  }

  get(producerId: number): ProducerEntry | undefined {
    return this.#entries.get(producerId);
  }

  /** Whether the transaction of this producer and epoch is open here, so that its batches need no one's leave. */
  hasOpenTransaction(producerId: number, epoch: number): boolean {
    const entry = this.#entries.get(producerId);
    return entry !== undefined && entry.currentTxnFirstOffset >= 0 && entry.epoch === epoch;
  }

  /**
   * Whether a client's batch, which has a producer id, may be appended now. `beginning` is of a transactional batch whose transaction is not open; undefined for all
   * others. Changes nothing.
   */
  check(batch: Uint8Array, beginning: TransactionBeginning | undefined): ProducerVerdict {
    const entry = this.#entries.get(producerId(batch));
    const known = entry === undefined ? undefined : duplicateOf(batch, entry);
    if (known !== undefined) return { kind: 'duplicate', batch: known };
    if (beginning !== undefined && !beginning.isAdmitted) return wrongTransaction;
    if (producerEpoch(batch) < (entry?.epoch ?? NO_PRODUCER_EPOCH)) return oldEpoch;
    const verification = beginning?.verification;
    if (verification !== undefined && !mayBegin(baseSequence(batch), entry, verification)) return outOfOrder;
    if (entry === undefined) return next;
    if (!isInSequence(batch, entry)) return outOfOrder;
    return entry.currentTxnFirstOffset >= 0 && !isTransactional(batch) ? wrongTransaction : next;
  }

  /** Whether a batch of a coordinator, which has no sequence, may be appended now. */
  checkInternal(batch: Uint8Array, beginning: TransactionBeginning | undefined): typeof next | ProducerRefusal {
    if (beginning !== undefined && !beginning.isAdmitted) return wrongTransaction;
    const entry = this.#entries.get(producerId(batch));
    return producerEpoch(batch) < (entry?.epoch ?? NO_PRODUCER_EPOCH) ? oldEpoch : next;
  }

  /**
   * Whether a marker may be appended now. A marker of transactions v2 has a higher epoch than the records that it ends, so that it cannot end the next transaction of its
   * producer; the one that this partition has already may come again, from a coordinator that does not know how far it had come (KIP-890).
   */
  checkMarker(marker: TransactionMarker): MarkerVerdict {
    const entry = this.#entries.get(marker.producerId);
    const epoch = entry?.epoch ?? NO_PRODUCER_EPOCH;
    const isOpen = entry !== undefined && entry.currentTxnFirstOffset >= 0;
    const mustRise = marker.transactionVersion >= epochBumpVersion && isOpen;
    if (mustRise ? marker.producerEpoch <= epoch : marker.producerEpoch < epoch) return 'old-epoch';
    return marker.coordinatorEpoch < (entry?.coordinatorEpoch ?? -1) ? 'old-coordinator' : 'next';
  }

  /** What the index of aborted transactions has to know when a marker at `markerOffset` aborts; undefined when it ends nothing. */
  abortedBy(producerId: number, markerOffset: number): AbortedTransaction | undefined {
    const firstOffset = this.#entries.get(producerId)?.currentTxnFirstOffset ?? -1;
    if (firstOffset < 0) return undefined;
    const lastStableOffset = this.transactions.firstOpenOfOthers(producerId) ?? markerOffset + 1;
    return { producerId, firstOffset, lastOffset: markerOffset, lastStableOffset };
  }

  /**
   * Takes up a batch that was appended, or the header of one that is read back from the log; it has its final offsets. A batch read back was
   * accepted once and is not judged again. `bytesBefore` counts the bytes of the log before it.
   */
  apply(batch: Uint8Array, bytesBefore = 0): void {
    const first = baseOffset(batch);
    const last = lastOffset(batch);
    assert(first <= last, 'a batch ends before it begins', { first, last });
    const entry = this.#entryIn(batch);
    // The oldest remembered batch leaves and its object is used again: a steady producer allocates nothing here.
    const full = entry.batches.length === rememberedBatches;
    const slot = (full ? entry.batches.shift() : undefined) ?? emptyBatch();
    slot.firstSequence = baseSequence(batch);
    slot.lastSequence = lastSequence(batch);
    slot.lastOffset = last;
    slot.offsetDelta = last - first;
    slot.timestamp = maxTimestamp(batch);
    entry.batches.push(slot);
    entry.lastTimestamp = slot.timestamp;
    // A batch that compaction has emptied has nothing that could be committed or aborted.
    if (entry.currentTxnFirstOffset === -1 && isTransactional(batch) && recordCount(batch) > 0) {
      entry.currentTxnFirstOffset = first;
      this.transactions.begin({ producerId: entry.producerId, firstOffset: first, bytesBefore });
    }
  }

  /** Takes up a control batch that ends a transaction. */
  applyEnd(batch: Uint8Array, end: EndTransaction): void {
    const entry = this.#entryIn(batch);
    entry.coordinatorEpoch = end.coordinatorEpoch;
    entry.lastTimestamp = maxTimestamp(batch);
    if (entry.currentTxnFirstOffset === -1) return;
    entry.currentTxnFirstOffset = -1;
    this.transactions.end(entry.producerId, baseOffset(batch));
  }

  /** The entry of the batch's producer, in the batch's epoch. */
  #entryIn(batch: Uint8Array): ProducerEntry {
    const epoch = producerEpoch(batch);
    const id = producerId(batch);
    const entry = this.#entries.get(id) ?? this.#add(id, epoch);
    if (entry.epoch !== epoch) {
      entry.epoch = epoch;
      entry.batches.length = 0;
    }
    return entry;
  }

  /** Puts back the entries of a snapshot, before anything is applied. */
  restore(entries: readonly ProducerEntry[]): void {
    for (const entry of entries) this.#entries.set(entry.producerId, entry);
    const open = entries.filter(({ currentTxnFirstOffset }) => currentTxnFirstOffset >= 0);
    open.sort((a, b) => a.currentTxnFirstOffset - b.currentTxnFirstOffset);
    for (const { producerId, currentTxnFirstOffset } of open) {
      this.transactions.begin({ producerId, firstOffset: currentTxnFirstOffset, bytesBefore: 0 });
    }
  }

  /**
   * Whether an active producer's sequences go on behind this batch; or, of a producer whose last word in the log is a marker, whether its epoch stands
   * in it. Compaction must leave such a batch, so that whoever rebuilds this state from the log gets the same (invariant I22). A crash may take along what
   * lies at or above `durableOffset`: then the sequences go on behind what came before.
   */
  isLastOf(batch: Uint8Array, durableOffset: number): boolean {
    const entry = this.#entries.get(producerId(batch));
    if (entry === undefined) return false;
    const last = entry.batches.findLast((one) => one.lastOffset < durableOffset);
    if (last !== undefined) return lastOffset(batch) === last.lastOffset;
    // Everything that is remembered may be lost; which batch would be the last one then is not known any more.
    if (entry.batches.length > 0) return true;
    return isControl(batch) && producerEpoch(batch) === entry.epoch;
  }

  /**
   * Forgets the producers whose newest record is at least `expirationMs` older than `now` (`producer.id.expiration.ms`). One with an open
   * transaction stays.
   */
  expire(now: number, expirationMs: number): void {
    for (const [producerId, entry] of this.#entries.entries()) {
      if (entry.currentTxnFirstOffset === -1 && now - entry.lastTimestamp >= expirationMs) {
        this.#entries.delete(producerId);
      }
    }
  }

  #add(producerId: number, epoch: number): ProducerEntry {
    if (this.#entries.size >= limits.producersPerPartition) this.#evictOldest();
    const entry: ProducerEntry = {
      producerId,
      epoch,
      batches: [],
      lastTimestamp: -1,
      coordinatorEpoch: -1,
      currentTxnFirstOffset: -1,
    };
    this.#entries.set(producerId, entry);
    return entry;
  }

  /** Makes room by a tenth at once, so that the search for the oldest is paid rarely. Open transactions stay. */
  #evictOldest(): void {
    const idle = [...this.#entries.values()].filter((entry) => entry.currentTxnFirstOffset === -1);
    idle.sort((a, b) => a.lastTimestamp - b.lastTimestamp);
    for (const entry of idle.slice(0, Math.ceil(limits.producersPerPartition / 10))) {
      this.#entries.delete(entry.producerId);
    }
  }
}

function duplicateOf(batch: Uint8Array, entry: ProducerEntry): ProducerBatch | undefined {
  if (producerEpoch(batch) !== entry.epoch) return undefined;
  const first = baseSequence(batch);
  const last = lastSequence(batch);
  for (const known of entry.batches) {
    if (known.firstSequence === first && known.lastSequence === last) return known;
  }
  return undefined;
}

/**
 * Requests of one producer may overtake each other while the coordinator is asked: the one with the lowest sequence begins. Under transactions v2 a partition that
 * knows nothing of this epoch begins at 0, because every transaction has an epoch of its own.
 */
function mayBegin(firstSequence: number, entry: ProducerEntry | undefined, verification: PendingVerification): boolean {
  const isNew = entry === undefined || entry.batches.length === 0;
  if (verification.supportsEpochBump && isNew && firstSequence !== 0) return false;
  return firstSequence <= verification.lowestSequence;
}

function isInSequence(batch: Uint8Array, entry: ProducerEntry): boolean {
  // Kafka takes everything from a producer without an epoch, in any order.
  if (entry.epoch === NO_PRODUCER_EPOCH) return true;
  return baseSequence(batch) === (producerEpoch(batch) > entry.epoch ? 0 : sequenceAfter(entry));
}

function sequenceAfter(entry: ProducerEntry): number {
  const last = entry.batches.at(-1)?.lastSequence ?? -1;
  return last === maxSequence ? 0 : last + 1;
}

function emptyBatch(): ProducerBatch {
  return { firstSequence: 0, lastSequence: 0, lastOffset: 0, offsetDelta: 0, timestamp: 0 };
}
