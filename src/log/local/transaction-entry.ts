/** One entry of a `.txnindex`, 34 bytes: version (int16, 0), producer id, first offset, last offset (that of the marker) and last stable offset (int64 each). */
import { readInt16, readInt64, writeInt16, writeInt64 } from '../../base/big-endian.ts';
import type { AbortedTransaction } from '../log-engine.ts';

export const TRANSACTION_ENTRY_BYTES = 34;
/** No other is known. */
export const TRANSACTION_ENTRY_VERSION = 0;

export function writeTransactionEntry(bytes: Uint8Array, at: number, aborted: AbortedTransaction): void {
  writeInt16(bytes, at, TRANSACTION_ENTRY_VERSION);
  writeInt64(bytes, at + 2, aborted.producerId);
  writeInt64(bytes, at + 10, aborted.firstOffset);
  writeInt64(bytes, at + 18, aborted.lastOffset);
  writeInt64(bytes, at + 26, aborted.lastStableOffset);
}

export function versionOfTransactionEntry(bytes: Uint8Array, at: number): number {
  return readInt16(bytes, at);
}

/** What entries are in order by. */
export function markerOffset(bytes: Uint8Array, at: number): number {
  return readInt64(bytes, at + 18);
}

/** Of the version that is known. */
export function readTransactionEntry(bytes: Uint8Array, at: number): AbortedTransaction {
  return {
    producerId: readInt64(bytes, at + 2),
    firstOffset: readInt64(bytes, at + 10),
    lastOffset: markerOffset(bytes, at),
    lastStableOffset: readInt64(bytes, at + 26),
  };
}
