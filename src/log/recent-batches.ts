/**
 * The newest batches of all logs of an engine, so that readers who keep up need no file. Owns the bound on what they hold in memory and the
 * order in which they leave: in generations, the oldest first, several of a log at a time, because a log that was not touched for a while costs more to look at than a few
 * batches to let go of. A batch that is not written yet never leaves, because it is nowhere else; then its owner is told that its room is wanted.
 */
import { baseOffset } from '../protocol/batch/header.ts';
import { BatchList, type StoredBatch } from './batch-list.ts';
import type { LogRead, LogSlice } from './log-engine.ts';
import { RetainedBytes } from './retained-bytes.ts';

export interface RecentBatch extends StoredBatch {
  readonly generation: number;
}

/** The newest batches of one log. */
export class RecentTail {
  readonly batches = new BatchList<RecentBatch>();
  /** Batches that end below are in the file, too. */
  writtenOffset = 0;
  /** Of the batch that came last. */
  generation = -1;

  /** What `read` asks for; undefined when the batch that contains its offset is not here any more. */
  read(read: LogRead): LogSlice | undefined {
    const index = this.#indexOf(read.offset);
    return index === undefined ? undefined : this.batches.slice(read, index);
  }

  /** All batches from the one that contains `offset` on; false, and none, when that one is not here any more. */
  visit(offset: number, visit: (batch: Uint8Array) => void): boolean {
    const index = this.#indexOf(offset);
    if (index === undefined) return false;
    for (let at = index, batch = this.batches.at(at); batch !== undefined; batch = this.batches.at(++at))
      visit(batch.bytes);
    return true;
  }

  #indexOf(offset: number): number | undefined {
    const { batches } = this;
    // Mostly it is the one that has just come; those before it were not looked at for a while, which makes a search cost ten times as much.
    const last = batches.at(batches.count - 1);
    if (last !== undefined && baseOffset(last.bytes) === offset) return batches.count - 1;
    const index = batches.indexOf(offset);
    // Only the first may begin behind the offset: any other follows one that ends before it.
    if (index === 0 && (batches.first === undefined || offset < baseOffset(batches.first.bytes))) return undefined;
    return index;
  }
}

/** Batches that came one after the other, whosever they are. */
interface Generation {
  readonly number: number;
  /** Each of which some batch came, once. */
  readonly tails: RecentTail[];
  /** Those before have let go of their batches. */
  next: number;
}

/** What of the bound a generation has. */
const GENERATION_SHARE = 1 / 8;
/** As many as would come to twice the bound: of an older one only those are left whose batches have left otherwise. */
const GENERATIONS_MAX = 2 / GENERATION_SHARE;
/** What one log lets go of at a time. */
const LET_GO_BYTES = 32 * 1024;

export class RecentBatches {
  readonly #retained = new RetainedBytes();
  readonly #bytesMax: number;
  readonly #onUnwritten: () => void;
  /** Oldest first. */
  #generations: Generation[] = [];
  #youngest: Generation;
  /** Of the batches of the youngest one. */
  #youngestBytes = 0;

  /** `onUnwritten`: the oldest batches would have to leave, and are not written. Called with every batch that is added meanwhile. */
  constructor(bytesMax: number, onUnwritten: () => void) {
    this.#bytesMax = bytesMax;
    this.#onUnwritten = onUnwritten;
    this.#youngest = this.#begin(0);
  }

  get bytes(): number {
    return this.#retained.total;
  }

  /** The caller may let go of the buffer that the batch came in. */
  add(tail: RecentTail, bytes: Uint8Array, lastOffset: number): void {
    if (this.#youngestBytes >= this.#bytesMax * GENERATION_SHARE) this.#beginNext();
    const { number, tails } = this.#youngest;
    this.#youngestBytes += bytes.byteLength;
    if (tail.generation !== number) {
      tail.generation = number;
      tails.push(tail);
    }
    tail.batches.push({ bytes: this.#retained.keep(bytes), lastOffset, generation: number });
    if (this.#retained.total > this.#bytesMax * (1 - GENERATION_SHARE)) this.#makeRoom();
  }

  /** Files have something else than these batches below `offset`: they leave. */
  dropBelow(tail: RecentTail, offset: number): void {
    for (let first = tail.batches.first; first !== undefined && first.lastOffset < offset; first = tail.batches.first) {
      this.#letGo(tail, first);
    }
  }

  /** The log is closed: its batches leave. */
  drop(tail: RecentTail): void {
    for (let first = tail.batches.first; first !== undefined; first = tail.batches.first) this.#letGo(tail, first);
  }

  #letGo(tail: RecentTail, first: RecentBatch): void {
    tail.batches.shift();
    this.#retained.release(first.bytes);
  }

  #begin(number: number): Generation {
    const generation = { number, tails: [], next: 0 };
    this.#generations.push(generation);
    return generation;
  }

  #beginNext(): void {
    this.#youngest = this.#begin(this.#youngest.number + 1);
    this.#youngestBytes = 0;
    while (this.#generations.length > GENERATIONS_MAX && this.#takeTurn());
  }

  /** One log's turn for each batch that comes, before the room is used up: buffers are shared, so only the last turns of a generation free any. */
  #makeRoom(): void {
    do {
      if (this.#takeTurn()) continue;
      if (this.#retained.total > this.#bytesMax) this.#onUnwritten();
      return;
    } while (this.#retained.total > this.#bytesMax);
  }

  /** The log whose turn it is lets go of batches of the oldest generation. False: they are not written. */
  #takeTurn(): boolean {
    const [oldest] = this.#generations;
    if (oldest === this.#youngest) this.#beginNext();
    const tail = oldest?.tails[oldest.next];
    if (oldest === undefined || tail === undefined) {
      this.#generations = this.#generations.slice(1);
      return true;
    }
    let bytes = 0;
    let first = tail.batches.first;
    for (; first !== undefined && first.generation <= oldest.number; first = tail.batches.first) {
      if (first.lastOffset >= tail.writtenOffset) return false;
      if (bytes >= LET_GO_BYTES) return true;
      bytes += first.bytes.byteLength;
      this.#letGo(tail, first);
    }
    oldest.next += 1;
    return true;
  }
}
