/** A coordinator's log in memory whose disk the test is: nothing is durable, and nothing fails, until it says so. */
import type { OffsetWaiter } from '../../partition/offset-waiters.ts';
import type { AppendResult } from '../../partition/partition.ts';
import { PartitionFault, type PartitionFaultKind } from '../../partition/partition-fault.ts';
import { lastOffsetDelta, setBaseOffset } from '../../protocol/batch/header.ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import type { CoordinatorLog } from '../coordinator-log.ts';

export class FakeLog implements CoordinatorLog {
  readonly leaderEpoch = 0;
  logEndOffset = 0;
  highWatermark = 0;
  stopped: PartitionFault | undefined;
  readonly batches: Uint8Array[] = [];
  /** Becomes durable by itself. */
  isFast = true;
  refuses = false;
  #waiting: { lastOffset: number; waiter: OffsetWaiter; token: number }[] = [];

  appendInternal(batch: Uint8Array): AppendResult {
    if (this.refuses) {
      return {
        kind: 'refused',
        error: ErrorCode.KAFKA_STORAGE_ERROR,
        logStartOffset: 0,
        recordErrors: [],
        message: null,
      };
    }
    const baseOffset = this.logEndOffset;
    setBaseOffset(batch, baseOffset);
    this.batches.push(batch);
    const lastOffset = baseOffset + lastOffsetDelta(batch);
    this.logEndOffset = lastOffset + 1;
    if (this.isFast) this.highWatermark = this.logEndOffset;
    return { kind: 'appended', duplicate: false, baseOffset, lastOffset, logAppendTimeMs: -1, logStartOffset: 0 };
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
}
