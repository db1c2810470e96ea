/** Finds the aborted transactions of a read over several segments: a transaction is listed where its marker is, which may be segments later. */
import type { AbortedTransaction } from '../log-engine.ts';
import type { Segment } from './segment.ts';

export interface AbortedSearch {
  readonly offset: number;
  readonly nextOffset: number;
  /** The segment that was read. */
  readonly readSegment: Segment | undefined;
}

export const noneAborted: readonly AbortedTransaction[] = [];

export async function collectAborted(
  segments: readonly Segment[],
  from: number,
  { offset, nextOffset, readSegment }: AbortedSearch,
): Promise<readonly AbortedTransaction[]> {
  const found: AbortedTransaction[] = [];
  const upperOffset = readSegment === undefined ? nextOffset : await upperOffsetOf(readSegment, nextOffset);
  for (const segment of segments.slice(from)) {
    if (segment.abortedCount === 0 || !segment.aborted.mayHaveSince(offset)) continue;
    if (await segment.aborted.collect({ offset, upperOffset }, found)) break;
  }
  return found;
}

/** As in Apache Kafka: up to the next entry of the index, or to the end of the segment. */
async function upperOffsetOf(segment: Segment, nextOffset: number): Promise<number> {
  return Math.max(nextOffset, (await segment.offsets.ceiling(nextOffset))?.offset ?? segment.endOffset);
}
