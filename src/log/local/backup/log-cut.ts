/** Where the logs of a broker stood in one turn: what a backup takes. Plain values, written down for another process; touches no disk. */
import type { LogId } from '../../log-engine.ts';

export interface DirectoryCut {
  /** Kafka's `directory.id`. */
  readonly directoryId: string;
  /** As the broker calls it. */
  readonly path: string;
  readonly logs: readonly LogCut[];
}

export interface LogCut extends LogId {
  readonly startOffset: number;
  /** Everything below was with the operating system, and nothing else belongs to the cut. */
  readonly endOffset: number;
  /** Below, the log was compacted; above, in part. Undefined: not at all. */
  readonly cleanOffset?: number | undefined;
  /** Compaction may be at work in it. */
  readonly isCompacted: boolean;
  /** Oldest first; those with something below `endOffset`. */
  readonly segments: readonly SegmentCut[];
}

export interface SegmentCut {
  readonly baseOffset: number;
  /** Of the file, up to `endOffset` in the last one. */
  readonly bytes: number;
  /** No batch comes any more: the file as it is belongs to the cut. Always true but for the last one. */
  readonly isComplete: boolean;
}
