/** Which segments may go. Both engines follow it; it holds no state and deletes nothing. */
import type { LogSettings } from './log-engine.ts';

export interface RetainedSegment {
  /** The last offset + 1, or where the next segment begins. */
  readonly endOffset: number;
  readonly bytes: number;
  /** The largest record timestamp, or when the segment was last written if no record has one. */
  readonly largestTimestamp: number;
}

export interface RetentionState {
  /** Oldest first. */
  readonly segments: readonly RetainedSegment[];
  readonly settings: LogSettings;
  readonly nowMs: number;
  readonly startOffset: number;
  /** Nothing at or above goes. */
  readonly upTo: number;
}

/** How many segments go, counted from the oldest: those that are too old, too much, or wholly below the log's start. */
export function expiredSegments(state: RetentionState): number {
  const deletes = state.settings.cleanupPolicy.includes('delete');
  let surplus = deletes ? surplusBytes(state) : 0;
  let count = 0;
  for (const segment of state.segments) {
    const belowStart = segment.endOffset <= state.startOffset;
    const tooOld = deletes && isTooOld(segment, state);
    const tooMuch = surplus > 0 && surplus >= segment.bytes;
    if (segment.bytes === 0 && count === state.segments.length - 1) break;
    if (segment.endOffset > state.upTo || !(belowStart || tooOld || tooMuch)) break;
    surplus -= segment.bytes;
    count += 1;
  }
  return count;
}

function isTooOld(segment: RetainedSegment, { settings, nowMs }: RetentionState): boolean {
  return settings.retentionMs >= 0 && nowMs - segment.largestTimestamp > settings.retentionMs;
}

function surplusBytes({ segments, settings }: RetentionState): number {
  if (settings.retentionBytes < 0) return 0;
  let bytes = 0;
  for (const segment of segments) bytes += segment.bytes;
  return bytes - settings.retentionBytes;
}
