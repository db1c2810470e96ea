/**
 * Whether the indexes of a complete segment can be believed without reading the segment: complete entries, and a last one that can lie in it. It is
 * what Apache Kafka checks, and a bound on the number of entries; and that the last time is that of its batch, because retention goes by it. What passes and is wrong all the same costs time: whoever follows an entry checks the
 * batch it leads to.
 */
import { HEADER_BYTES, lastOffset, NO_TIMESTAMP, recordCount } from '../../protocol/batch/header.ts';
import { maxTimestampOfRecords } from '../appended-batch.ts';
import { walkBatches } from './batch-walk.ts';
import { OFFSET_ENTRY_BYTES } from './offset-index.ts';
import type { OpenFiles } from './open-files.ts';
import type { Segment } from './segment.ts';
import { isTimeOf, TIME_ENTRY_BYTES, type TimePosition } from './time-index.ts';

export interface IndexSizes {
  readonly indexBytes: number;
  readonly timeIndexBytes: number;
}

export async function areSane(
  segment: Segment,
  files: OpenFiles,
  { indexBytes, timeIndexBytes }: IndexSizes,
): Promise<boolean> {
  if (indexBytes % OFFSET_ENTRY_BYTES !== 0 || timeIndexBytes % TIME_ENTRY_BYTES !== 0) return false;
  const batchesMax = segment.bytes / HEADER_BYTES;
  // The time index has one entry more: the last.
  if (indexBytes / OFFSET_ENTRY_BYTES > batchesMax || timeIndexBytes / TIME_ENTRY_BYTES > batchesMax + 1) return false;
  const offset = await segment.offsets.floor(Number.POSITIVE_INFINITY);
  if (offset !== undefined && !(isWithin(segment, offset.offset) && isBatchPosition(segment, offset.position))) {
    return false;
  }
  const time = await segment.times.last();
  if (time === undefined) return !(await hasTimestamps(segment, files));
  return canBeTime(segment, time) && (await isFound(segment, files, time));
}

function isWithin({ baseOffset, endOffset }: Segment, offset: number): boolean {
  return offset >= baseOffset && offset < endOffset;
}

/** The batch at 0 has no entry: it is where a search begins anyway. */
function isBatchPosition({ bytes }: Segment, position: number): boolean {
  return position > 0 && position + HEADER_BYTES <= bytes;
}

/** Zeros are what a file has where nothing was written. */
function canBeTime(segment: Segment, { timestamp, offset }: TimePosition): boolean {
  return timestamp > 0 && isWithin(segment, offset);
}

async function isFound(segment: Segment, files: OpenFiles, time: TimePosition): Promise<boolean> {
  const from = (await segment.offsets.floor(time.offset))?.position ?? 0;
  let isRight = false;
  const visit = (batch: Uint8Array): boolean => {
    isRight = isTimeOf(time, batch);
    return lastOffset(batch) < time.offset;
  };
  const to = segment.bytes;
  await files.use(segment.log, (file) => walkBatches({ file, from, to, whole: false, visit }));
  return isRight;
}

/** Of the first batch that has records: compaction may have emptied those before it. */
async function hasTimestamps(segment: Segment, files: OpenFiles): Promise<boolean> {
  let timestamp = NO_TIMESTAMP;
  const visit = (batch: Uint8Array): boolean => {
    timestamp = maxTimestampOfRecords(batch);
    return recordCount(batch) === 0;
  };
  const to = segment.bytes;
  await files.use(segment.log, (file) => walkBatches({ file, from: 0, to, whole: false, visit }));
  return timestamp > 0;
}
