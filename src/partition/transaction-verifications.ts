/**
 * Which producers have asked the transaction coordinator for leave to write to this partition, and have not written yet (KIP-890). Owns the guards. A guard is
 * good for the one transaction that it was made for: when a batch has begun it or a marker has ended it, the guard is gone, and a late answer of the
 * coordinator, which speaks of a transaction that is over, opens no other.
 */
import { keepNewest } from '../base/keep-newest.ts';
import { LazyMap } from '../base/lazy-map.ts';
import { limits } from '../base/limits.ts';

export interface VerificationWish {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  /** Transactions v2: the coordinator adds the partition, and every transaction has its own epoch. */
  readonly supportsEpochBump: boolean;
}

/** Also the guard itself: it is the same object as long as the verification is the same. */
export interface PendingVerification {
  readonly supportsEpochBump: boolean;
  readonly startedMs: number;
  producerEpoch: number;
  /** Of all batches of this epoch that wait for the coordinator. */
  lowestSequence: number;
}

export type VerificationGuard = Readonly<PendingVerification>;

export class TransactionVerifications {
  /** By producer id, oldest first. */
  readonly #pending = new LazyMap<number, PendingVerification>();

  begin(wish: VerificationWish, nowMs: number): VerificationGuard {
    const { producerId, producerEpoch, baseSequence, supportsEpochBump } = wish;
    const pending = this.#pending.get(producerId);
    if (pending === undefined) {
      const guard = { supportsEpochBump, startedMs: nowMs, producerEpoch, lowestSequence: baseSequence };
      this.#pending.set(producerId, guard);
      keepNewest(this.#pending, limits.producersPerPartition);
      return guard;
    }
    if (producerEpoch > pending.producerEpoch) {
      pending.producerEpoch = producerEpoch;
      pending.lowestSequence = baseSequence;
    } else if (producerEpoch === pending.producerEpoch) {
      pending.lowestSequence = Math.min(pending.lowestSequence, baseSequence);
    }
    return pending;
  }

  get(producerId: number): PendingVerification | undefined {
    return this.#pending.get(producerId);
  }

  /** The transaction has begun here, or has ended. */
  end(producerId: number): void {
    this.#pending.delete(producerId);
  }

  /** Forgets those that nobody has come back for in `expirationMs`. */
  expire(nowMs: number, expirationMs: number): void {
    for (const [producerId, { startedMs }] of this.#pending.entries()) {
      if (nowMs - startedMs < expirationMs) return;
      this.#pending.delete(producerId);
    }
  }
}
