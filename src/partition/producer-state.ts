/**
 * What one partition knows about the idempotent producers that wrote to it (KIP-98): per producer id the epoch and the last five
 * batches, from which duplicates and gaps are told (invariant I6). A pure state machine: it decides, the partition appends, then it applies; it
 * never reads a clock or a disk. All of it can be rebuilt from a snapshot (`producer-snapshot.ts`) and the batch headers after it.
 */
import { assert } from '../base/assert.ts';
import { limits } from '../base/limits.ts';
import {
  baseOffset,
  baseSequence,
  lastOffset,
  lastSequence,
  maxTimestamp,
  NO_PRODUCER_EPOCH,
  producerEpoch,
  producerId,
} from '../protocol/batch/header.ts';

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

export type SequenceVerdict =
  | { readonly kind: 'next' }
  | { readonly kind: 'duplicate'; readonly batch: ProducerBatch }
  | { readonly kind: 'out-of-order' }
  | { readonly kind: 'old-epoch' };

/** Kafka's clients keep at most five requests in flight, so a retry is always among the last five batches. */
const rememberedBatches = 5;
const maxSequence = 0x7fffffff;

const next: SequenceVerdict = { kind: 'next' };
const outOfOrder: SequenceVerdict = { kind: 'out-of-order' };
const oldEpoch: SequenceVerdict = { kind: 'old-epoch' };

export class ProducerState {
  readonly #entries = new Map<number, ProducerEntry>();

  get size(): number {
    return this.#entries.size;
  }

  entries(): Iterable<ProducerEntry> {
    return this.#entries.values();
  }

  get(producerId: number): ProducerEntry | undefined {
    return this.#entries.get(producerId);
  }

  /** Whether a client's batch, which has a producer id, may be appended now. Changes nothing. */
  check(batch: Uint8Array): SequenceVerdict {
    const entry = this.#entries.get(producerId(batch));
    const epoch = producerEpoch(batch);
    // A producer that is not known (never seen, or forgotten) may begin anywhere.
    if (entry === undefined) return epoch < NO_PRODUCER_EPOCH ? oldEpoch : next;
    if (epoch < entry.epoch) return oldEpoch;
    const firstSequence = baseSequence(batch);
    if (epoch > entry.epoch) return firstSequence === 0 || entry.epoch === NO_PRODUCER_EPOCH ? next : outOfOrder;
    const ownLastSequence = lastSequence(batch);
    for (const known of entry.batches) {
      if (known.firstSequence === firstSequence && known.lastSequence === ownLastSequence) {
        return { kind: 'duplicate', batch: known };
      }
    }
    // Kafka takes everything from a producer without an epoch, in any order.
    if (epoch === NO_PRODUCER_EPOCH) return next;
    return firstSequence === sequenceAfter(entry) ? next : outOfOrder;
  }

  /**
   * Takes up a batch that was appended, or the header of one that is read back from the log; it has its final offsets. A batch read back was
   * accepted once and is not judged again.
   */
  apply(batch: Uint8Array): void {
    const first = baseOffset(batch);
    const last = lastOffset(batch);
    assert(first <= last, 'a batch ends before it begins', { first, last });
    const id = producerId(batch);
    const epoch = producerEpoch(batch);
    const entry = this.#entries.get(id) ?? this.#add(id, epoch);
    if (entry.epoch !== epoch) {
      entry.epoch = epoch;
      entry.batches.length = 0;
    }
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
  }

  /** Puts back an entry of a snapshot. */
  restore(entry: ProducerEntry): void {
    this.#entries.set(entry.producerId, entry);
  }

  /**
   * Forgets the producers whose newest record is at least `expirationMs` older than `now` (`producer.id.expiration.ms`). One with an open
   * transaction stays.
   */
  expire(now: number, expirationMs: number): void {
    for (const [producerId, entry] of this.#entries) {
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

function sequenceAfter(entry: ProducerEntry): number {
  const last = entry.batches.at(-1)?.lastSequence ?? -1;
  return last === maxSequence ? 0 : last + 1;
}

function emptyBatch(): ProducerBatch {
  return { firstSequence: 0, lastSequence: 0, lastOffset: 0, offsetDelta: 0, timestamp: 0 };
}
