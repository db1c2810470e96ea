/**
 * The segments of one log. Owns which there are, in which order, and what they hold together. Never empty; the last one takes the appends. Readers may hold a segment across
 * an `await`: where retention or compaction took its files away meanwhile, they find a list that is another one, and look again.
 */
import { isAbsent } from '../../base/faults.ts';
import type { Segment } from './segment.ts';

export class SegmentList {
  /** Grows in place; where segments go it becomes another one. */
  #segments: Segment[];
  #active: Segment;
  #bytes = 0;
  /** Files are getting other names. */
  #renaming: Promise<void> | undefined;

  /** `older` come before the active one, oldest first. */
  constructor(older: readonly Segment[], active: Segment) {
    this.#segments = older.concat(active);
    this.#active = active;
    for (const segment of this.#segments) this.#bytes += segment.bytes;
  }

  /** Oldest first. */
  get all(): readonly Segment[] {
    return this.#segments;
  }

  get active(): Segment {
    return this.#active;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** From here on appends go to `segment`. */
  begin(segment: Segment): void {
    this.#segments.push(segment);
    this.#active = segment;
  }

  /** The active segment has grown. */
  grew(bytes: number): void {
    this.#bytes += bytes;
  }

  includes(segment: Segment): boolean {
    return this.#segments.includes(segment);
  }

  /** The index of the segment that has `offset`, or would have it. */
  indexOf(offset: number): number {
    const segments = this.#segments;
    if (offset >= this.#active.baseOffset) return segments.length - 1;
    let low = 0;
    let high = segments.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((segments[middle]?.baseOffset ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** From the one that has `offset` on. */
  from(offset: number): readonly Segment[] {
    return this.#segments.slice(this.indexOf(offset));
  }

  /** Takes out those that lie wholly below `startOffset`; none while files are getting other names. */
  takeBelow(startOffset: number): readonly Segment[] {
    if (this.#renaming !== undefined) return [];
    const segments = this.#segments;
    let count = 0;
    while (count < segments.length - 1 && (segments[count + 1]?.baseOffset ?? 0) <= startOffset) count += 1;
    const taken = segments.slice(0, count);
    if (count > 0) this.#segments = segments.slice(count);
    for (const { bytes } of taken) this.#bytes -= bytes;
    return taken;
  }

  /** `replaced` are neighbours; `by` has what is left of them. */
  replace(replaced: readonly Segment[], by: Segment): void {
    const first = this.#segments.findIndex((segment) => replaced.includes(segment));
    this.#segments = this.#segments.toSpliced(first, replaced.length, by);
    for (const { bytes } of replaced) this.#bytes -= bytes;
    this.#bytes += by.bytes;
  }

  /** Readers that meet a missing file wait until `work`, which gives files other names and then replaces segments, is done. */
  async whileRenaming(work: () => Promise<void>): Promise<void> {
    const renaming = work();
    this.#renaming = renaming.catch(() => {});
    try {
      await renaming;
    } finally {
      this.#renaming = undefined;
    }
  }

  /** Resolves when no file is getting another name. */
  async renamed(): Promise<void> {
    await this.#renaming;
  }

  /** Runs `work` again when the files of its segments were taken away under it. */
  async steadily<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      const segments = this.#segments;
      try {
        return await work();
      } catch (error) {
        if (!isAbsent(error)) throw error;
        await this.#renaming;
        if (this.#segments === segments) throw error;
      }
    }
  }
}
