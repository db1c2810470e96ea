/**
 * Whether a batch may begin a producer's transaction here (KIP-890): with the coordinator's leave, or where nobody has to ask for it. What is open already goes on.
 * Knows the producers and who has asked; places nothing.
 */
import { isTransactional, producerEpoch, producerId } from '../protocol/batch/header.ts';
import type { ProducerState, TransactionBeginning } from './producer-state.ts';
import type { TransactionVerifications, VerificationGuard, VerificationWish } from './transaction-verifications.ts';

export class TransactionAdmission {
  readonly #producers: ProducerState;
  readonly #verifications: TransactionVerifications;
  readonly #needsLeave: () => boolean;

  /** `needsLeave`: as it is now. */
  constructor(options: {
    readonly producers: ProducerState;
    readonly verifications: TransactionVerifications;
    readonly needsLeave: () => boolean;
  }) {
    this.#producers = options.producers;
    this.#verifications = options.verifications;
    this.#needsLeave = options.needsLeave;
  }

  /** Before the coordinator is asked. Undefined when the transaction is open already: then nobody has to be asked. */
  begin(wish: VerificationWish, nowMs: number): VerificationGuard | undefined {
    if (this.#producers.hasOpenTransaction(wish.producerId, wish.producerEpoch)) return undefined;
    return this.#verifications.begin(wish, nowMs);
  }

  /** `guard`: what `begin` gave. Undefined when the batch begins no transaction. */
  beginningOf(batch: Uint8Array, guard: VerificationGuard | undefined): TransactionBeginning | undefined {
    if (!isTransactional(batch)) return undefined;
    const id = producerId(batch);
    if (this.#producers.hasOpenTransaction(id, producerEpoch(batch))) return undefined;
    const verification = this.#verifications.get(id);
    const isAdmitted = (verification !== undefined && guard === verification) || !this.#needsLeave();
    return { isAdmitted, verification };
  }
}
