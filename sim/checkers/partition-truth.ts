/**
 * What one partition has told its clients: which record is at which offset, how far it is committed, where it begins. Whatever it says later must agree: nothing
 * lost, changed, written twice, brought back, or never sent by anybody.
 *
 * A fact is `durable` when the broker promised stable storage, else it goes with the power.
 */
import { violated } from '../world/world.ts';

export type Strength = 'durable' | 'written';

export interface PartitionRules {
  readonly name: string;
  /** What readers see is on stable storage. */
  readonly readsAreDurable: boolean;
  /** Old records may go by themselves. */
  readonly hasRetention: boolean;
  /** Records with a newer one of their key may go. */
  readonly isCompacted: boolean;
}

interface Fact {
  readonly id: string;
  readonly strength: Strength;
}

/** What was known when a request was sent. */
export interface Moment {
  readonly highWatermark: number;
  readonly losses: number;
}

/** Names of records whose producer never sends them twice to the log begin with this. */
export const ONCE = 'once';

export class PartitionTruth {
  readonly rules: PartitionRules;
  readonly #sent = new Set<string>();
  readonly #facts = new Map<number, Fact>();
  readonly #offsetOfId = new Map<string, number>();
  #startAsked = 0;
  #startPromised = 0;
  #startSeen = 0;
  #highWatermark = 0;
  /** How often what readers saw may have gone. */
  #losses = 0;

  constructor(rules: PartitionRules) {
    this.rules = rules;
  }

  /** As it is now, and stays. */
  copy(): PartitionTruth {
    const copy = new PartitionTruth(this.rules);
    for (const id of this.#sent) copy.#sent.add(id);
    for (const [offset, fact] of this.#facts) copy.#facts.set(offset, fact);
    for (const [id, offset] of this.#offsetOfId) copy.#offsetOfId.set(id, offset);
    copy.#startAsked = this.#startAsked;
    copy.#startPromised = this.#startPromised;
    copy.#startSeen = this.#startSeen;
    copy.#highWatermark = this.#highWatermark;
    copy.#losses = this.#losses;
    return copy;
  }

  get size(): number {
    return this.#facts.size;
  }

  sent(id: string): void {
    this.#sent.add(id);
  }

  /** A producer was told that `ids` are at `baseOffset` and after it. */
  acknowledged(baseOffset: number, ids: readonly string[], strength: Strength): void {
    for (const [index, id] of ids.entries()) this.#learn(baseOffset + index, id, strength);
  }

  /** A reader saw it. */
  read(offset: number, id: string): void {
    if (!this.#sent.has(id)) violated(`${this.rules.name}: ${id} at ${offset} was never sent`);
    this.#learn(offset, id, this.rules.readsAreDurable ? 'durable' : 'written');
  }

  startAsked(offset: number): void {
    this.#startAsked = Math.max(this.#startAsked, offset);
  }

  startPromised(offset: number): void {
    this.#startPromised = Math.max(this.#startPromised, offset);
  }

  /** A fetch, sent at `since`, said where the log begins and how far it is committed. */
  bounds({ logStart, highWatermark }: { logStart: number; highWatermark: number }, since: Moment): void {
    // What was known before a power loss says nothing about what is there now.
    if (highWatermark < since.highWatermark && since.losses === this.#losses) {
      violated(`${this.rules.name}: the high watermark went back from ${since.highWatermark} to ${highWatermark}`);
    }
    this.#highWatermark = Math.max(this.#highWatermark, highWatermark);
    this.checkStart(logStart);
  }

  get now(): Moment {
    return { highWatermark: this.#highWatermark, losses: this.#losses };
  }

  get highWatermark(): number {
    return this.#highWatermark;
  }

  /** Whether records that came after `highWatermark` was seen may have been deleted already. */
  mayBeDeletedSince(highWatermark: number): boolean {
    return Math.max(this.#startAsked, this.#startSeen) > highWatermark;
  }

  get logStartPromised(): number {
    return this.#startPromised;
  }

  checkStart(logStart: number): void {
    const { name, hasRetention } = this.rules;
    this.#startSeen = Math.max(this.#startSeen, logStart);
    if (logStart > this.#startAsked && !hasRetention) {
      violated(`${name}: records below ${logStart} are gone, and nobody deleted them beyond ${this.#startAsked}`);
    }
  }

  /** What a scan of the whole partition found: everything that was promised and not deleted must be in it. */
  checkScan(found: ReadonlyMap<number, string>, logStart: number): void {
    this.checkPromised(found, logStart);
    this.checkKnown(found);
  }

  checkPromised(found: ReadonlyMap<number, string>, logStart: number): void {
    const { name, isCompacted } = this.rules;
    if (logStart < this.#startPromised) {
      violated(`${name}: begins at ${logStart}, and ${this.#startPromised} was promised`);
    }
    for (const [offset, fact] of this.#facts) {
      if (offset < logStart) continue;
      if (!found.has(offset) && !isCompacted) violated(`${name}: ${fact.id} at ${offset} is lost`);
    }
  }

  /** Everything that was found was sent, and is where it was told to be. */
  checkKnown(found: ReadonlyMap<number, string>): void {
    const { name } = this.rules;
    for (const [offset, id] of found) {
      if (!this.#sent.has(id)) violated(`${name}: ${id} at ${offset} was never sent`);
      this.#learn(offset, id, 'written');
    }
  }

  /** The power went: what was not promised for ever may be gone. */
  forgetWeak(): void {
    for (const [offset, fact] of this.#facts) {
      if (fact.strength === 'durable') continue;
      this.#facts.delete(offset);
      this.#offsetOfId.delete(fact.id);
    }
    if (this.rules.readsAreDurable) return;
    this.#losses += 1;
    this.#highWatermark = 0;
  }

  #learn(offset: number, id: string, strength: Strength): void {
    const { name } = this.rules;
    const known = this.#facts.get(offset);
    if (known !== undefined && known.id !== id) violated(`${name}: ${offset} was ${known.id} and is ${id}`);
    if (id.startsWith(ONCE)) {
      const other = this.#offsetOfId.get(id);
      if (other !== undefined && other !== offset) violated(`${name}: ${id} is at ${other} and at ${offset}`);
      this.#offsetOfId.set(id, offset);
    }
    if (known?.strength !== 'durable') this.#facts.set(offset, { id, strength });
  }
}
