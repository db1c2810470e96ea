/** Committed offsets by topic and partition: of one group, or of one group in one open transaction. */
import type { CommittedOffset } from '../group-record.ts';

export interface StoredOffset extends CommittedOffset {
  /** Where its record is in the log: of two commits the later one counts. */
  readonly recordOffset: number;
}

export class OffsetTable {
  readonly #topics = new Map<string, Map<number, StoredOffset>>();

  get isEmpty(): boolean {
    return this.#topics.size === 0;
  }

  get(topic: string, partition: number): StoredOffset | undefined {
    return this.#topics.get(topic)?.get(partition);
  }

  set(topic: string, partition: number, stored: StoredOffset): void {
    let partitions = this.#topics.get(topic);
    if (partitions === undefined) {
      partitions = new Map();
      this.#topics.set(topic, partitions);
    }
    partitions.set(partition, stored);
  }

  delete(topic: string, partition: number): void {
    const partitions = this.#topics.get(topic);
    if (partitions === undefined) return;
    partitions.delete(partition);
    if (partitions.size === 0) this.#topics.delete(topic);
  }

  /** In the order of the first commits. May change while it is walked only by deletes of what was yielded. */
  topics(): IterableIterator<[string, ReadonlyMap<number, StoredOffset>]> {
    return this.#topics.entries();
  }

  /** Empty when there is none. */
  partitions(topic: string): ReadonlyMap<number, StoredOffset> {
    return this.#topics.get(topic) ?? NO_PARTITIONS;
  }
}

const NO_PARTITIONS: ReadonlyMap<number, StoredOffset> = new Map();
