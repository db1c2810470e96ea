/** Compacts segments in memory, in one turn: what is in memory is bounded, and there are no files to swap. */
import { appendedBatch } from '../appended-batch.ts';
import { groupSegments } from '../compaction/cleanable.ts';
import { CompactionPass } from '../compaction/compaction-pass.ts';
import type { CompactionRequest, CompactionResult } from '../compaction/compaction-request.ts';
import type { Cleanable, LogSettings } from '../log-engine.ts';
import { MemorySegment } from './memory-segment.ts';

export interface CompactedSegments extends CompactionResult {
  /** The first of those that may be cleaned. */
  readonly replaced: readonly MemorySegment[];
  /** What takes their place. Its batches are not counted as kept yet. */
  readonly segments: readonly MemorySegment[];
}

export function compactSegments(
  all: readonly MemorySegment[],
  part: Cleanable,
  options: { request: CompactionRequest; settings: LogSettings; nowMs: number },
): CompactedSegments {
  const { request, settings, nowMs } = options;
  const { deleteRetentionMs } = settings;
  const { keys, isLastOfProducer } = request;
  const { dirtyOffset } = part;
  const aborted = all.slice(part.first).flatMap((segment) => segment.aborted);
  const rules = { aborted, dirtyOffset, nowMs, deleteRetentionMs, keys, isLastOfProducer };
  const pass = new CompactionPass(rules);
  const cleanable = all.slice(part.first, part.end);
  const batches = cleanable.flatMap(batchesOf);
  const isWhole = batches.every((batch) => pass.collect(batch));
  const cleanOffset = isWhole ? part.endOffset : pass.endOffset;
  const replaced = cleanable.filter((segment) => segment.baseOffset < cleanOffset);
  const groups = groupSegments(replaced.map(grouped), settings);
  const segments = groups.map((group) =>
    compactGroup(
      group.map(({ segment }) => segment),
      pass,
    ),
  );
  return { cleanOffset, replaced, segments, bytesBefore: bytesOf(replaced), bytesAfter: bytesOf(segments) };
}

function compactGroup(group: readonly MemorySegment[], pass: CompactionPass): MemorySegment {
  const [first] = group;
  const compacted = new MemorySegment({
    baseOffset: first?.baseOffset ?? 0,
    createdMs: first?.createdMs ?? 0,
    rollJitterMs: 0,
  });
  const batches = group.flatMap(batchesOf);
  for (const [index, batch] of batches.entries()) {
    const decided = pass.decide(batch, index === batches.length - 1);
    if (decided === undefined) continue;
    const kept = decided === batch ? batch : Uint8Array.from(decided);
    const added = { ...appendedBatch(kept), aborted: pass.abortedByLast };
    compacted.append(added, { bytes: kept, lastOffset: added.lastOffset }, group.at(-1)?.lastAppendMs ?? 0);
  }
  return compacted;
}

function batchesOf({ batches }: MemorySegment): Uint8Array[] {
  return Array.from({ length: batches.count }, (_, index) => batches.at(index)?.bytes).filter(
    (bytes) => bytes !== undefined,
  );
}

function bytesOf(segments: readonly MemorySegment[]): number {
  return segments.reduce((sum, { bytes }) => sum + bytes, 0);
}

function grouped(segment: MemorySegment) {
  const { baseOffset: base, endOffset, bytes } = segment;
  return { segment, baseOffset: base, endOffset, bytes, indexBytes: 0 };
}
