/** What a partition tells its log about a compaction, and what comes of it. */
import type { KeyMap } from './key-map.ts';

export interface CompactionRequest {
  /** Nothing at or above is touched: the lower of last stable offset and high watermark. */
  readonly upTo: number;
  /** Empty, and lent until the compaction is over. What does not fit is done in the next pass. */
  readonly keys: KeyMap;
  /** Whether a batch, which has a producer id, is the last one of an active producer. */
  readonly isLastOfProducer: (batch: Uint8Array) => boolean;
  /** Waits until so many more bytes may be read or written, or until the signal. Must let other work in between. */
  readonly pace: (bytes: number, signal: AbortSignal) => Promise<void>;
  /** Ends the compaction soon; what is swapped stays so. */
  readonly signal: AbortSignal;
}

export interface CompactionResult {
  /** Below, each key has one record. */
  readonly cleanOffset: number;
  /** Of the segments that were looked at. */
  readonly bytesBefore: number;
  readonly bytesAfter: number;
}
