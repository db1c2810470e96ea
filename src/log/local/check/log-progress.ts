/** What the batches of one log have shown so far, from segment to segment. Plain state, moved by `segment-walk.ts`. */
import { OpenTransactions } from './transaction-check.ts';

export interface EpochRun {
  readonly epoch: number;
  readonly first: number;
  last: number;
}

export interface LogProgress {
  /** The next batch begins here, or behind a gap. */
  endOffset: number;
  /** Of the first sound batch. */
  firstOffset: number | undefined;
  batches: number;
  records: number;
  bytes: number;
  /** Offsets are missing, as compaction leaves them, or a loss. */
  hasGaps: boolean;
  /** A batch has fewer records than offsets: only compaction does that. */
  wasCompacted: boolean;
  /** A batch was not sound: of what should follow from it, nothing is certain. */
  isDamaged: boolean;
  /** Stretches of batches of one leader epoch. */
  readonly epochRuns: EpochRun[];
  readonly transactions: OpenTransactions;
}

export function newLogProgress(startOffset: number): LogProgress {
  return {
    endOffset: startOffset,
    firstOffset: undefined,
    batches: 0,
    records: 0,
    bytes: 0,
    hasGaps: false,
    wasCompacted: false,
    isDamaged: false,
    epochRuns: [],
    transactions: new OpenTransactions(),
  };
}
