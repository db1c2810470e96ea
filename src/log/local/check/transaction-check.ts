/**
 * Follows the transactions of a log batch by batch, and compares what was aborted with the transaction index of each segment (`.txnindex`).
 * Owns which transactions are open.
 */
import { limits } from '../../../base/limits.ts';
import { baseOffset, isControl, isTransactional, producerId } from '../../../protocol/batch/header.ts';
import { MalformedBatch } from '../../../protocol/batch/malformed-batch.ts';
import { ControlType, controlTypeOf, recordsOf } from '../../../protocol/batch/records.ts';
import type { AbortedTransaction } from '../../log-engine.ts';
import {
  readTransactionEntry,
  TRANSACTION_ENTRY_BYTES,
  TRANSACTION_ENTRY_VERSION,
  versionOfTransactionEntry,
} from '../transaction-entry.ts';
import type { FaultList } from './fault.ts';

/** What its batches say of an aborted transaction. */
export type SeenAbort = Omit<AbortedTransaction, 'lastStableOffset'>;

export class OpenTransactions {
  readonly #firstOffsets = new Map<number, number>();

  /** The transaction that this batch aborts, if the log has its beginning. The batch is sound. */
  onBatch(batch: Uint8Array): SeenAbort | undefined {
    if (!isTransactional(batch)) return undefined;
    const id = producerId(batch);
    const firstOffset = this.#firstOffsets.get(id);
    if (!isControl(batch)) {
      if (firstOffset === undefined && this.#firstOffsets.size < limits.producersPerPartition)
        this.#firstOffsets.set(id, baseOffset(batch));
      return undefined;
    }
    this.#firstOffsets.delete(id);
    const aborts = markerTypeOf(batch) === ControlType.ABORT;
    return aborts && firstOffset !== undefined
      ? { producerId: id, firstOffset, lastOffset: baseOffset(batch) }
      : undefined;
  }
}

/** -1 when the batch has no records (compaction). */
function markerTypeOf(batch: Uint8Array): number {
  try {
    for (const { key } of recordsOf(batch)) return key === null || key.byteLength < 4 ? -1 : controlTypeOf(key);
  } catch (error) {
    if (!(error instanceof MalformedBatch)) throw error;
  }
  return -1;
}

export interface TransactionIndexFile {
  readonly file: string;
  /** Empty when there is none. */
  readonly bytes: Uint8Array;
  readonly baseOffset: number;
  readonly endOffset: number;
}

/** `aborted`: what the batches of this segment say. `isCertain`: they are all there (no compaction), and the index is complete. */
export function checkTransactionIndex(
  { file, bytes, baseOffset: base, endOffset }: TransactionIndexFile,
  aborted: readonly SeenAbort[],
  isCertain: boolean,
  faults: FaultList,
): void {
  const seen = new Set<string>();
  let last = -1;
  const end = bytes.byteLength;
  for (let at = 0; at < end; at += TRANSACTION_ENTRY_BYTES) {
    if (end - at < TRANSACTION_ENTRY_BYTES) {
      faults.derived(file, 'the file ends within an entry', { position: at });
      break;
    }
    const problem = entryProblem(bytes, at, { base, endOffset, last });
    const entry = readTransactionEntry(bytes, at);
    if (problem !== undefined) faults.derived(file, problem, { position: at, offset: entry.lastOffset });
    last = entry.lastOffset;
    seen.add(keyOf(entry));
  }
  if (!isCertain) return;
  for (const transaction of aborted) {
    if (seen.delete(keyOf(transaction))) continue;
    faults.derived(file, `an aborted transaction of producer ${transaction.producerId} is not in the index`, {
      offset: transaction.lastOffset,
    });
  }
}

function entryProblem(
  bytes: Uint8Array,
  at: number,
  { base, endOffset, last }: { base: number; endOffset: number; last: number },
): string | undefined {
  const version = versionOfTransactionEntry(bytes, at);
  if (version !== TRANSACTION_ENTRY_VERSION) return `an entry has version ${version}`;
  const { producerId: id, firstOffset, lastOffset, lastStableOffset } = readTransactionEntry(bytes, at);
  if (id < 0 || firstOffset < 0 || firstOffset > lastOffset) return 'an entry is no transaction';
  if (lastOffset < base || lastOffset >= endOffset) return 'an entry lies outside of the segment';
  if (lastOffset <= last) return 'an entry does not rise above the one before';
  // The last stable offset is that of the moment when the transaction ended: behind nothing that came later.
  return lastStableOffset > lastOffset + 1 ? 'an entry has a last stable offset beyond its transaction' : undefined;
}

function keyOf({ producerId: id, firstOffset, lastOffset }: SeenAbort): string {
  return `${id}:${firstOffset}:${lastOffset}`;
}
