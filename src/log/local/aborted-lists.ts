/** The aborted transactions that the segments of a log list (`.txnindex`, KIP-98): what readers of committed records have to leave out. */
import { DiskFault } from '../../base/faults.ts';
import type { AbortedCount, AbortedTransaction } from '../log-engine.ts';
import { collectAborted, noneAborted } from './collect-aborted.ts';
import type { SegmentList } from './segment-list.ts';

type AbortedRead = { readonly offset: number; readonly nextOffset: number };

export class AbortedLists {
  readonly #segments: SegmentList;
  readonly #log: { fail(fault: Error): void };

  /** `log` cannot do without a list that is gone. */
  constructor(options: { segments: SegmentList; log: { fail(fault: Error): void } }) {
    this.#segments = options.segments;
    this.#log = options.log;
  }

  in(read: AbortedRead): readonly AbortedTransaction[] | Promise<readonly AbortedTransaction[]> {
    const segments = this.#segments.all;
    for (let index = this.#segments.indexOf(read.offset); index < segments.length; index += 1) {
      const segment = segments[index];
      if (segment !== undefined && segment.abortedCount > 0 && segment.aborted.mayHaveSince(read.offset)) {
        return this.#collect(index, read);
      }
    }
    return noneAborted;
  }

  async #collect(from: number, read: AbortedRead): Promise<readonly AbortedTransaction[]> {
    const segments = this.#segments.all;
    const readSegment = segments[this.#segments.indexOf(read.nextOffset - 1)];
    try {
      return await collectAborted(segments, from, { ...read, readSegment });
    } catch (error) {
      if (!(error instanceof DiskFault)) throw error;
      await this.#segments.renamed();
      // Retention or compaction took segments away in the meantime, with their lists.
      if (segments !== this.#segments.all) return this.in(read);
      this.#log.fail(error);
      throw error;
    }
  }

  counts(): readonly AbortedCount[] {
    const listing = this.#segments.all.filter(({ abortedCount }) => abortedCount > 0);
    return listing.map(({ baseOffset, abortedCount }) => ({ baseOffset, count: abortedCount }));
  }

  agreeWith(counts: readonly AbortedCount[]): boolean {
    const countOf = new Map(counts.map(({ baseOffset, count }) => [baseOffset, count]));
    return this.#segments.all.every(({ baseOffset, abortedCount }) => abortedCount === (countOf.get(baseOffset) ?? 0));
  }

  async forget(offset: number): Promise<void> {
    for (const segment of this.#segments.from(offset)) {
      if (segment.abortedCount > 0) await segment.aborted.truncateAbove(offset - 1);
    }
  }

  list(aborted: AbortedTransaction): void {
    this.#segments.all[this.#segments.indexOf(aborted.lastOffset)]?.aborted.append(aborted);
  }

  /** Answers whether anything was to be synced: then names may be, too. */
  async sync(): Promise<boolean> {
    const unsynced = this.#segments.all.filter(({ isAbortedSynced }) => !isAbortedSynced);
    for (const segment of unsynced) await segment.aborted.sync();
    return unsynced.length > 0;
  }
}
