/**
 * What one consumer group has told its members: committed offsets that were acknowledged never go back, nobody reads an offset that nobody committed, a
 * generation has one leader, its partitions one owner, and a member of an older generation commits nothing.
 */
import { violated } from '../world/world.ts';

/** `era`: a time in which the coordinator keeps its memory; generations that were not durable may be given again in the next. */
export interface Generation {
  readonly era: number;
  readonly number: number;
}

/** What was promised when a request was sent. */
export interface Promised {
  readonly offset: number | undefined;
  readonly losses: number;
}

export class GroupTruth {
  readonly #commitsAreDurable: boolean;
  /** By partition; nothing where nothing was promised. */
  readonly #acknowledged = new Map<number, number>();
  readonly #asked: Map<number, Set<number>>;
  /** By era and generation: who leads, and who owns each partition. */
  readonly #leaders = new Map<string, string>();
  readonly #owners = new Map<string, string>();
  /** How often what was promised may have gone. */
  #losses = 0;
  #newest: Generation = { era: -1, number: -1 };

  constructor(options: { commitsAreDurable: boolean; asked?: Map<number, Set<number>> }) {
    this.#commitsAreDurable = options.commitsAreDurable;
    this.#asked = options.asked ?? new Map();
  }

  /** What is promised now, and stays so; what is asked for later counts there, too. */
  copy(): GroupTruth {
    const copy = new GroupTruth({ commitsAreDurable: this.#commitsAreDurable, asked: this.#asked });
    for (const [partition, offset] of this.#acknowledged) copy.#acknowledged.set(partition, offset);
    return copy;
  }

  /** To be asked when a request is sent, and handed back with its answer. */
  promised(partition: number): Promised {
    return { offset: this.#acknowledged.get(partition), losses: this.#losses };
  }

  joined(generation: Generation, leader: string): void {
    const key = keyOf(generation);
    const known = this.#leaders.get(key);
    if (known !== undefined && known !== leader) violated(`generation ${key} has the leaders ${known} and ${leader}`);
    this.#leaders.set(key, leader);
    const { era, number } = this.#newest;
    if (generation.era > era || (generation.era === era && generation.number > number)) this.#newest = generation;
  }

  assigned(generation: Generation, member: string, partitions: readonly number[]): void {
    for (const partition of partitions) {
      const key = `${keyOf(generation)}/${partition}`;
      const owner = this.#owners.get(key);
      if (owner !== undefined && owner !== member) violated(`${key} (era/generation/partition) has two owners`);
      this.#owners.set(key, member);
    }
  }

  /** Whether a commit in this generation must be refused when it is sent now. */
  isFenced({ era, number }: Generation): boolean {
    return this.#newest.era === era && number < this.#newest.number;
  }

  commitAsked(partition: number, offset: number): void {
    const asked = this.#asked.get(partition) ?? new Set();
    this.#asked.set(partition, asked.add(offset));
  }

  /** `isOfThisEra`: the member has joined since the coordinator last lost its memory. */
  commitAcknowledged(partition: number, offset: number, by: { wasFenced: boolean; isOfThisEra: boolean }): void {
    if (by.wasFenced && by.isOfThisEra) {
      violated(`a commit of ${offset} for ${partition} was taken from a member of an older generation`);
    }
    // A group that came back in an older generation has members who own the same partition, and whose commits are all taken, in whatever order.
    if (!this.#commitsAreDurable && !by.isOfThisEra) {
      this.#acknowledged.delete(partition);
      return;
    }
    this.#acknowledged.set(partition, Math.max(offset, this.#acknowledged.get(partition) ?? 0));
  }

  /** `offset` was answered to a request that was sent at `since`; undefined is none. */
  read(partition: number, offset: number | undefined, since: Promised): void {
    const isBack = since.offset !== undefined && (offset === undefined || offset < since.offset);
    if (isBack && since.losses === this.#losses) {
      violated(`the committed offset of partition ${partition} went back from ${since.offset} to ${offset}`);
    }
    if (offset !== undefined && !this.#asked.get(partition)?.has(offset)) {
      violated(`the committed offset of partition ${partition} is ${offset}, which nobody committed`);
    }
  }

  powerLost(): void {
    if (this.#commitsAreDurable) return;
    this.#losses += 1;
    this.#acknowledged.clear();
  }
}

function keyOf({ era, number }: Generation): string {
  return `${era}/${number}`;
}
