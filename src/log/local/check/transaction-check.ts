/**
 * Follows the transactions of a log batch by batch, and compares what was aborted with the transaction index of each segment (`.txnindex`, 34 bytes per
 * aborted transaction: version int16; producer id, first offset, last offset, last stable offset int64). Owns which transactions are open.
 */
import { readInt16, readInt64 } from '../../../base/big-endian.ts';
import { limits } from '../../../base/limits.ts';
import { baseOffset, isControl, isTransactional, producerId } from '../../../protocol/batch/header.ts';
import { MalformedBatch } from '../../../protocol/batch/malformed-batch.ts';
import { ControlType, controlTypeOf, recordsOf } from '../../../protocol/batch/records.ts';
import type { FaultList } from './fault.ts';

export const TRANSACTION_ENTRY_BYTES = 34;
const VERSION = 0;

export interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
  /** Of the marker that aborted it. */
  readonly lastOffset: number;
}

export class OpenTransactions {
  readonly #firstOffsets = new Map<number, number>();

  /** The transaction that this batch aborts, if the log has its beginning. The batch is sound. */
  onBatch(batch: Uint8Array): AbortedTransaction | undefined {
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
export function markerTypeOf(batch: Uint8Array): number {
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
  aborted: readonly AbortedTransaction[],
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
    const entry = entryAt(bytes, at);
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
  if (readInt16(bytes, at) !== VERSION) return `an entry has version ${readInt16(bytes, at)}`;
  const { producerId: id, firstOffset, lastOffset } = entryAt(bytes, at);
  if (id < 0 || firstOffset < 0 || firstOffset > lastOffset) return 'an entry is no transaction';
  if (lastOffset < base || lastOffset >= endOffset) return 'an entry lies outside of the segment';
  if (lastOffset <= last) return 'an entry does not rise above the one before';
  // The last stable offset is that of the moment when the transaction ended: behind nothing that came later.
  return readInt64(bytes, at + 26) > lastOffset + 1
    ? 'an entry has a last stable offset beyond its transaction'
    : undefined;
}

function entryAt(bytes: Uint8Array, at: number): AbortedTransaction {
  return {
    producerId: readInt64(bytes, at + 2),
    firstOffset: readInt64(bytes, at + 10),
    lastOffset: readInt64(bytes, at + 18),
  };
}

function keyOf({ producerId: id, firstOffset, lastOffset }: AbortedTransaction): string {
  return `${id}:${firstOffset}:${lastOffset}`;
}
