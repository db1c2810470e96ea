/**
 * Goes over all batches of one segment file, says what is wrong with them, and hands on the sound ones. A file that is still being written may end within a
 * batch: it gets time to grow. Owns the place in the file; where the log has come to is handed in and moved.
 */
import type { DiskFile } from '../../../base/env.ts';
import {
  baseOffset,
  lastOffset,
  lastOffsetDelta,
  partitionLeaderEpoch,
  recordCount,
} from '../../../protocol/batch/header.ts';
import { walkBatches } from '../batch-walk.ts';
import { batchProblem } from './check-batch.ts';
import type { FaultList } from './fault.ts';
import type { LogProgress } from './log-progress.ts';

/** How often, and how long each time, a batch that is not all there yet is waited for. */
const GROWTH_ATTEMPTS = 10;
const GROWTH_PAUSE_MS = 50;

/** Offsets that no batch has. */
export interface Gap {
  readonly file: string;
  readonly position: number;
  readonly from: number;
  readonly to: number;
}

export interface SegmentWalk {
  readonly pause: (delayMs: number) => Promise<void>;
  readonly file: DiskFile;
  /** For messages. */
  readonly name: string;
  readonly progress: LogProgress;
  readonly faults: FaultList;
  /** The file may be growing. */
  readonly mayGrow: boolean;
  /** The walk pauses before the first batch at or above: `onPause` then sets it anew. */
  pauseAt: number;
  onPause(): Promise<void>;
  /** A sound batch; lent until the call returns. */
  onBatch(batch: Uint8Array, position: number): void;
  onGap(gap: Gap): void;
}

/** False: not all of the file could be read as batches. */
export async function walkSegment(walk: SegmentWalk): Promise<boolean> {
  const { file } = walk;
  let attempts = walk.mayGrow ? GROWTH_ATTEMPTS : 0;
  for (let from = 0; ; ) {
    const to = await file.size();
    const visit = (batch: Uint8Array, position: number): boolean => visitBatch(walk, batch, position);
    const end = await walkBatches({ file, from, to, whole: true, visit });
    if (end.reason === 'stopped') await walk.onPause();
    if (end.reason === 'end') return true;
    if (end.reason === 'torn') {
      if (attempts === 0) return reportRest(walk, end.position, to);
      attempts -= 1;
      await walk.pause(GROWTH_PAUSE_MS);
    }
    from = end.position;
  }
}

function reportRest({ name, progress, faults, mayGrow }: SegmentWalk, position: number, bytes: number): false {
  const problem = `the last ${bytes - position} bytes are no whole batch`;
  faults.add({ file: name, problem, position, offset: progress.endOffset, harm: mayGrow ? 'tail' : 'data' });
  progress.isDamaged = true;
  return false;
}

function visitBatch(walk: SegmentWalk, batch: Uint8Array, position: number): boolean {
  if (baseOffset(batch) >= walk.pauseAt) return false;
  const { name, progress, faults } = walk;
  const offset = baseOffset(batch);
  const problem = batchProblem(batch) ?? orderProblem(progress, batch);
  progress.bytes += batch.byteLength;
  if (problem !== undefined) {
    faults.data(name, problem, { position, offset });
    progress.isDamaged = true;
    // Its length was right, since another batch may follow; where that begins is not known.
    progress.endOffset = Math.max(progress.endOffset, Math.min(lastOffset(batch) + 1, progress.endOffset + 1));
    return true;
  }
  if (offset > progress.endOffset && !progress.isDamaged)
    walk.onGap({ file: name, position, from: progress.endOffset, to: offset });
  take(progress, batch);
  walk.onBatch(batch, position);
  return true;
}

function orderProblem(progress: LogProgress, batch: Uint8Array): string | undefined {
  const offset = baseOffset(batch);
  if (offset < progress.endOffset)
    return `a batch begins at ${offset}, and the log has come to ${progress.endOffset} already`;
  const epoch = partitionLeaderEpoch(batch);
  const before = progress.epochRuns.at(-1)?.epoch ?? -1;
  return epoch < before ? `a batch of leader epoch ${epoch} follows one of epoch ${before}` : undefined;
}

function take(progress: LogProgress, batch: Uint8Array): void {
  const first = baseOffset(batch);
  const last = lastOffset(batch);
  if (first > progress.endOffset) progress.hasGaps = true;
  if (recordCount(batch) <= lastOffsetDelta(batch)) progress.wasCompacted = true;
  progress.firstOffset ??= first;
  progress.endOffset = last + 1;
  progress.batches += 1;
  progress.records += recordCount(batch);
  const run = progress.epochRuns.at(-1);
  const epoch = partitionLeaderEpoch(batch);
  if (run?.epoch === epoch) run.last = last;
  else progress.epochRuns.push({ epoch, first, last });
}
