/**
 * A coordinator's log in memory whose disk the test is: nothing is durable, and nothing fails, until it says so. It judges producers by the rules of a
 * partition that verifies transactions.
 */

import type { AppendResult } from '../../partition/append-result.ts';
import type { OffsetWaiter } from '../../partition/offset-waiters.ts';
import { PartitionFault, type PartitionFaultKind } from '../../partition/partition-fault.ts';
import { ProducerState } from '../../partition/producer-state.ts';
import { TransactionAdmission } from '../../partition/transaction-admission.ts';
import type { TransactionMarker } from '../../partition/transaction-marker.ts';
import {
  TransactionVerifications,
  type VerificationGuard,
  type VerificationWish,
} from '../../partition/transaction-verifications.ts';
import { buildEndTransactionBatch } from '../../protocol/batch/end-transaction-batch.ts';
import { hasProducerId, lastOffsetDelta, producerId, setBaseOffset } from '../../protocol/batch/header.ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import type { CoordinatorLog } from '../coordinator-log.ts';

export class FakeLog implements CoordinatorLog {
  leaderEpoch = 0;
  logEndOffset = 0;
  highWatermark = 0;
  stopped: PartitionFault | undefined;
  isClosedInOrder = false;
  readonly batches: Uint8Array[] = [];
  /** Becomes durable by itself. */
  isFast = true;
  refuses = false;
  readonly #producers = new ProducerState();
  readonly #verifications = new TransactionVerifications();
  readonly #admission = new TransactionAdmission({
    producers: this.#producers,
    verifications: this.#verifications,
    needsLeave: () => true,
  });
  #waiting: { lastOffset: number; waiter: OffsetWaiter; token: number }[] = [];

  /** What somebody wrote who was not judged: an earlier life of the coordinator, or another writer. */
  write(batch: Uint8Array): void {
    this.#place(batch);
  }

  beginVerification(wish: VerificationWish): VerificationGuard | undefined {
    return this.#admission.begin(wish, 0);
  }

  appendInternal(batch: Uint8Array, _leaderEpoch?: number, guard?: VerificationGuard): AppendResult {
    if (hasProducerId(batch)) {
      const verdict = this.#producers.checkInternal(batch, this.#admission.beginningOf(batch, guard));
      if (verdict.kind === 'old-epoch') return refused(ErrorCode.INVALID_PRODUCER_EPOCH);
      if (verdict.kind === 'wrong-transaction') return refused(ErrorCode.INVALID_TXN_STATE);
    }
    const result = this.#place(batch);
    if (hasProducerId(batch) && result.kind === 'appended') {
      this.#producers.apply(batch);
      this.#verifications.end(producerId(batch));
    }
    return result;
  }

  appendMarker(marker: TransactionMarker): AppendResult {
    const { producerId, producerEpoch, coordinatorEpoch, outcome } = marker;
    const verdict = this.#producers.checkMarker(marker);
    if (verdict === 'old-epoch') return refused(ErrorCode.INVALID_PRODUCER_EPOCH);
    if (verdict === 'old-coordinator') return refused(ErrorCode.TRANSACTION_COORDINATOR_FENCED);
    const isCommit = outcome === 'committed';
    const batch = buildEndTransactionBatch({ producerId, producerEpoch, isCommit, coordinatorEpoch, timestampMs: 0 });
    const result = this.#place(batch);
    if (result.kind === 'appended') {
      this.#producers.applyEnd(batch, { isCommit, coordinatorEpoch });
      this.#verifications.end(producerId);
    }
    return result;
  }

  waitUntilCommitted(lastOffset: number, waiter: OffsetWaiter, token: number): boolean {
    if (lastOffset < this.highWatermark) return false;
    this.#waiting.push({ lastOffset, waiter, token });
    return true;
  }

  async replay(visit: (batches: Uint8Array) => void): Promise<void> {
    for (const batch of this.batches) visit(batch);
  }

  /** The disk has everything. */
  sync(): void {
    this.highWatermark = this.logEndOffset;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { waiter, token } of waiting) waiter.settle(token, undefined);
  }

  fail(kind: PartitionFaultKind): void {
    this.stopped = new PartitionFault({ kind, topic: 'test', partition: 0 });
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { waiter, token } of waiting) waiter.settle(token, this.stopped);
  }

  /** Closed in order. Answers what is opened then. */
  reopen(): FakeLog {
    const next = new FakeLog();
    for (const batch of this.batches) next.write(batch);
    next.highWatermark = next.logEndOffset;
    this.stopped = new PartitionFault({ kind: 'closed', topic: 'test', partition: 0 });
    this.sync();
    this.isClosedInOrder = true;
    return next;
  }

  #place(batch: Uint8Array): AppendResult {
    if (this.refuses) return refused(ErrorCode.KAFKA_STORAGE_ERROR);
    const baseOffset = this.logEndOffset;
    setBaseOffset(batch, baseOffset);
    this.batches.push(batch);
    const lastOffset = baseOffset + lastOffsetDelta(batch);
    this.logEndOffset = lastOffset + 1;
    if (this.isFast) this.highWatermark = this.logEndOffset;
    return { kind: 'appended', duplicate: false, baseOffset, lastOffset, logAppendTimeMs: -1, logStartOffset: 0 };
  }
}

function refused(error: ErrorCode): AppendResult {
  return { kind: 'refused', error, logStartOffset: 0, recordErrors: [], message: null };
}
