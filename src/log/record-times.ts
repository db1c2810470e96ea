/**
 * Finds records by time inside one batch. The only place in the log that looks into a batch, and only for a question about time that
 * the header cannot answer.
 */
import {
  baseOffset,
  baseTimestamp,
  isLogAppendTime,
  maxTimestamp,
  partitionLeaderEpoch,
  recordCount,
} from '../protocol/batch/header.ts';
import { openRecords } from '../protocol/batch/records.ts';
import type { TimestampOffset } from './log-engine.ts';

/** The first record at or above `fromOffset` whose timestamp is >= `timestamp`. Throws MalformedBatch when the batch cannot be read. */
export function firstRecordSince(
  batch: Uint8Array,
  timestamp: number,
  fromOffset: number,
): TimestampOffset | undefined {
  if (maxTimestamp(batch) < timestamp) return undefined;
  const base = baseOffset(batch);
  const leaderEpoch = partitionLeaderEpoch(batch);
  const cursor = openRecords(batch);
  for (let index = recordCount(batch); index > 0; index -= 1) {
    cursor.next();
    const time = isLogAppendTime(batch) ? maxTimestamp(batch) : baseTimestamp(batch) + cursor.timestampDelta;
    const offset = base + cursor.offsetDelta;
    if (time >= timestamp && offset >= fromOffset) return { timestamp: time, offset, leaderEpoch };
  }
  return undefined;
}

/** The first record that has the batch's largest timestamp; undefined when the batch has no records any more. */
export function firstRecordOfMaxTimestamp(batch: Uint8Array): TimestampOffset | undefined {
  return firstRecordSince(batch, maxTimestamp(batch), 0);
}
