/** Which part of a log compaction may look at, and how much of it is new since the last time. Both engines follow it; it changes nothing. */
import type { Cleanable, LogSettings } from '../log-engine.ts';

export interface CleanableSegment {
  readonly baseOffset: number;
  readonly bytes: number;
  /** -1 when its first batch has no timestamp. */
  readonly firstTimestamp: number;
  /** The largest record timestamp, or when the segment was last written if no record has one. */
  readonly largestTimestamp: number;
}

export interface CleanableState {
  /** Oldest first; the last one takes the appends and is never cleaned. */
  readonly segments: readonly CleanableSegment[];
  readonly settings: LogSettings;
  readonly nowMs: number;
  readonly startOffset: number;
  /** Below, the log was compacted before. */
  readonly cleanOffset: number;
  /** Nothing at or above is touched. */
  readonly upTo: number;
}

export function cleanablePart(state: CleanableState): Cleanable {
  const { segments, startOffset } = state;
  const dirtyOffset = Math.max(state.cleanOffset, startOffset);
  const first = Math.max(0, findLast(segments, startOffset));
  let end = first;
  let cleanBytes = 0;
  let dirtyBytes = 0;
  for (let index = first; index < segments.length - 1; index += 1) {
    const segment = segments[index];
    const next = segments[index + 1];
    if (segment === undefined || next === undefined || next.baseOffset > state.upTo) break;
    const isDirty = next.baseOffset > dirtyOffset;
    if (isDirty && isTooYoung(segment, state)) break;
    if (isDirty) dirtyBytes += segment.bytes;
    else cleanBytes += segment.bytes;
    end = index + 1;
  }
  const endOffset = segments[end]?.baseOffset ?? dirtyOffset;
  const overdue = dirtyBytes > 0 && isOverdue(state, dirtyOffset);
  return { first, end, dirtyOffset, endOffset, dirtyBytes, cleanBytes, overdue };
}

/** Whether there is enough to do for a pass (`min.cleanable.dirty.ratio`). */
export function isWorthCompacting(part: Cleanable, settings: LogSettings): boolean {
  return part.dirtyBytes > 0 && (part.overdue || dirtyRatio(part) > settings.minCleanableDirtyRatio);
}

export function dirtyRatio({ dirtyBytes, cleanBytes }: Cleanable): number {
  return dirtyBytes === 0 ? 0 : dirtyBytes / (dirtyBytes + cleanBytes);
}

function isTooYoung(segment: CleanableSegment, { settings, nowMs }: CleanableState): boolean {
  return settings.minCompactionLagMs > 0 && segment.largestTimestamp > nowMs - settings.minCompactionLagMs;
}

/** The first timestamp of a segment stands for all of it, as in Apache Kafka. */
function isOverdue({ segments, settings, nowMs }: CleanableState, dirtyOffset: number): boolean {
  const dirty = segments.slice(Math.max(0, findLast(segments, dirtyOffset)), -1);
  const since = nowMs - settings.maxCompactionLagMs;
  return dirty.some(({ bytes, firstTimestamp }) => bytes > 0 && firstTimestamp > 0 && firstTimestamp < since);
}

function findLast(segments: readonly CleanableSegment[], offset: number): number {
  return segments.findLastIndex((segment) => segment.baseOffset <= offset);
}

export interface GroupedSegment {
  readonly baseOffset: number;
  readonly endOffset: number;
  readonly bytes: number;
  /** Of its larger index. */
  readonly indexBytes: number;
}

const INT32_MAX = 2_147_483_647;

/** Neighbours that fit into one segment together, so that a log whose records went does not end in a crowd of tiny files. */
export function groupSegments<S extends GroupedSegment>(segments: readonly S[], settings: LogSettings): S[][] {
  const groups: S[][] = [];
  let group: S[] = [];
  let bytes = 0;
  let indexBytes = 0;
  for (const segment of segments) {
    const baseOffset = group[0]?.baseOffset ?? segment.baseOffset;
    const fits =
      bytes + segment.bytes <= settings.segmentBytes &&
      indexBytes + segment.indexBytes <= settings.segmentIndexBytes &&
      segment.endOffset - baseOffset <= INT32_MAX;
    if (!fits && group.length > 0) {
      groups.push(group);
      group = [];
      bytes = 0;
      indexBytes = 0;
    }
    group.push(segment);
    bytes += segment.bytes;
    indexBytes += segment.indexBytes;
  }
  if (group.length > 0) groups.push(group);
  return groups;
}
