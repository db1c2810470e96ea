/** Checks one segment: its batches, and what its indexes say about them. Reads each file once and writes nothing. */
import { limits } from '../../../base/limits.ts';
import { fileName, LOG, OFFSET_INDEX, TIME_INDEX, TRANSACTION_INDEX } from '../file-names.ts';
import { readSmallFile } from '../small-files.ts';
import type { CheckWorld } from './check-world.ts';
import type { FaultList } from './fault.ts';
import { OffsetIndexCheck, TimeIndexCheck } from './index-check.ts';
import type { LogProgress } from './log-progress.ts';
import { type Gap, walkSegment } from './segment-walk.ts';
import { checkTransactionIndex, type SeenAbort } from './transaction-check.ts';

export interface SegmentToCheck {
  readonly world: CheckWorld;
  /** The data directory. */
  readonly root: string;
  /** Of the partition. */
  readonly directory: string;
  readonly baseOffset: number;
  /** Where the next segment begins; undefined: this one takes the appends. */
  readonly nextOffset: number | undefined;
  /** Below, everything is durable and indexes are complete; infinite after a clean stop. */
  readonly soundBelow: number;
  readonly progress: LogProgress;
  readonly faults: FaultList;
  /** Where the walk has to pause, and what happens then: answers where to pause next. */
  readonly pauses: { readonly first: number; readonly next: () => Promise<number> };
  readonly onBatch: (batch: Uint8Array) => void;
  readonly onGap: (gap: Gap) => void;
}

/** Rejects with a DiskFault of kind `absent` when the segment is taken away meanwhile. */
export async function checkSegment(segment: SegmentToCheck): Promise<void> {
  const { world, root, progress, faults, nextOffset, soundBelow } = segment;
  const isLast = nextOffset === undefined;
  const isComplete = isLast ? soundBelow === Number.POSITIVE_INFINITY : nextOffset <= soundBelow;
  // Before the log: an index grows behind it.
  const indexes = await readIndexes(segment);
  const about = { baseOffset: segment.baseOffset, mayBePadded: isLast, mayBeTorn: !isComplete };
  const offsets = new OffsetIndexCheck({ ...indexes.offsets, ...about }, faults);
  const times = new TimeIndexCheck({ ...indexes.times, ...about }, faults);
  const aborted: SeenAbort[] = [];
  const name = `${segment.directory}/${fileName(segment.baseOffset, LOG)}`;
  const file = await world.disk.open(`${root}/${name}`, 'readOnly');
  let isWhole: boolean;
  try {
    isWhole = await walkSegment({
      pause: world.pause,
      file,
      name,
      progress,
      faults,
      mayGrow: isLast && !isComplete,
      pauseAt: segment.pauses.first,
      async onPause() {
        this.pauseAt = await segment.pauses.next();
      },
      onBatch(batch, position) {
        offsets.onBatch(batch, position);
        times.onBatch(batch);
        const transaction = progress.transactions.onBatch(batch);
        if (transaction !== undefined) aborted.push(transaction);
        segment.onBatch(batch);
      },
      onGap: segment.onGap,
    });
  } finally {
    await file.close();
  }
  if (!isWhole) return;
  offsets.finish();
  times.finish(isComplete && indexes.times.isThere);
  for (const { file: index, isThere } of [indexes.offsets, indexes.times]) {
    if (isComplete && !isThere) faults.derived(index, 'the index is missing');
  }
  const isCertain = isComplete && !progress.hasGaps && !progress.wasCompacted && !progress.isDamaged;
  const range = { baseOffset: segment.baseOffset, endOffset: nextOffset ?? progress.endOffset };
  checkTransactionIndex({ ...indexes.transactions, ...range }, aborted, isCertain, faults);
}

interface ReadIndex {
  readonly file: string;
  readonly bytes: Uint8Array;
  readonly isThere: boolean;
}

async function readIndexes(
  segment: SegmentToCheck,
): Promise<{ offsets: ReadIndex; times: ReadIndex; transactions: ReadIndex }> {
  return {
    offsets: await readIndex(segment, OFFSET_INDEX),
    times: await readIndex(segment, TIME_INDEX),
    transactions: await readIndex(segment, TRANSACTION_INDEX),
  };
}

async function readIndex(segment: SegmentToCheck, suffix: string): Promise<ReadIndex> {
  const { disk } = segment.world;
  const file = `${segment.directory}/${fileName(segment.baseOffset, suffix)}`;
  const path = `${segment.root}/${file}`;
  const bytes = (await disk.stat(path))?.bytes ?? 0;
  if (bytes > limits.indexBytesChecked) {
    segment.faults.derived(file, `the index has ${bytes} bytes, more than are looked at`);
    return { file, bytes: new Uint8Array(), isThere: true };
  }
  const content = await readSmallFile(disk, path);
  return { file, bytes: content ?? new Uint8Array(), isThere: content !== undefined };
}
