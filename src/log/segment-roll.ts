/** When a new segment begins. Both engines follow it; it holds no state. */
import type { AppendedBatch, LogSettings } from './log-engine.ts';

/** Indexes store offsets relative to the segment's first in 32 bits. */
const RELATIVE_OFFSET_MAX = 2_147_483_647;

export interface RollState {
  readonly baseOffset: number;
  readonly bytes: number;
  /** The largest timestamp of the first batch; -1 when it has none, or when there is no batch yet. */
  readonly firstTimestamp: number;
  readonly createdMs: number;
  /** By how much this segment rolls earlier, so that many partitions do not roll at once (`segment.jitter.ms`). */
  readonly rollJitterMs: number;
  readonly indexFull: boolean;
}

/** True when `batch` must go into a new segment. As in Apache Kafka, time passes by record timestamps where records have them. */
export function mustRoll(segment: RollState, batch: AppendedBatch, settings: LogSettings, nowMs: number): boolean {
  if (batch.lastOffset - segment.baseOffset > RELATIVE_OFFSET_MAX) return true;
  if (segment.bytes === 0) return false;
  if (segment.bytes + batch.bytes.byteLength > settings.segmentBytes) return true;
  return segment.indexFull || ageMs(segment, batch.maxTimestamp, nowMs) > segmentMs(settings) - segment.rollJitterMs;
}

/** A segment that takes appends is not compacted, so it must not do so for longer than compaction may wait (KIP-354). */
function segmentMs(settings: LogSettings): number {
  const isCompacted = settings.cleanupPolicy.includes('compact');
  return isCompacted ? Math.min(settings.segmentMs, settings.maxCompactionLagMs) : settings.segmentMs;
}

function ageMs(segment: RollState, timestamp: number, nowMs: number): number {
  return segment.firstTimestamp >= 0 ? timestamp - segment.firstTimestamp : nowMs - segment.createdMs;
}

/** A new segment's `rollJitterMs`. `random` is in [0, 1). */
export function rollJitterMs(settings: LogSettings, random: number): number {
  return Math.floor(random * Math.min(settings.segmentJitterMs, segmentMs(settings)));
}
