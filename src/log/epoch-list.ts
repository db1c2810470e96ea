/** Which leader epoch began at which offset: the list that a log keeps about itself. Epochs and offsets only rise. */
import type { LeaderEpochEntry } from './log-engine.ts';

export class EpochList {
  #entries: LeaderEpochEntry[];

  constructor(entries: readonly LeaderEpochEntry[] = []) {
    this.#entries = [...entries];
  }

  get entries(): readonly LeaderEpochEntry[] {
    return this.#entries;
  }

  /** True when a new epoch began with this batch. Batches from before there were epochs have -1. */
  onBatch(epoch: number, baseOffset: number): boolean {
    const last = this.#entries.at(-1);
    if (epoch < 0 || (last !== undefined && epoch <= last.epoch)) return false;
    // An epoch of which nothing is left gives its place to the next one.
    if (last?.startOffset === baseOffset) this.#entries.pop();
    this.#entries.push({ epoch, startOffset: baseOffset });
    return true;
  }

  /** What is below `offset` is gone. The epoch that `offset` lies in now begins there. */
  cutStart(offset: number): boolean {
    const covering = this.#entries.findLastIndex((entry) => entry.startOffset <= offset);
    const entry = this.#entries[covering];
    if (entry === undefined || (covering === 0 && entry.startOffset === offset)) return false;
    this.#entries = [{ epoch: entry.epoch, startOffset: offset }, ...this.#entries.slice(covering + 1)];
    return true;
  }

  /** What is at or above `offset` is gone. */
  cutEnd(offset: number): boolean {
    const kept = this.#entries.filter((entry) => entry.startOffset < offset);
    const changed = kept.length !== this.#entries.length;
    this.#entries = kept;
    return changed;
  }
}
