/**
 * Fetch sessions (KIP-227): the broker remembers what a client fetches, so that a poll names only what changed, and so does its answer. Owns the sessions,
 * their ids, epochs and eviction; it reads no log.
 *
 * A session listens to all of its partitions and keeps the few that may have something to say in `active`. A poll looks at those alone: an idle
 * client with a hundred partitions costs the same as one with none (decision 0015).
 */
import type { Clock, Random } from '../base/env.ts';
import { limits } from '../base/limits.ts';
import type { ReadableBytes } from '../partition/partition-progress.ts';
import type { FetchOwner, FetchPartition } from './fetch-partition.ts';
import type { FetchedAnswer } from './fetch-read.ts';

/** The session epoch of a request that wants none, or that ends one. */
export const FINAL_EPOCH = -1;
/** The session epoch of a request that begins one. */
export const INITIAL_EPOCH = 0;
/** The id of no session. */
export const NO_SESSION = 0;

const maxEpoch = 0x7fffffff;

/** The epoch of the request after one with `epoch`; 0 is only ever the first. */
export function nextSessionEpoch(epoch: number): number {
  return epoch === maxEpoch ? 1 : epoch + 1;
}

/** The wait of one request; a session has at most one. */
export interface FetchWaiter {
  partitionMoved(target: FetchPartition, progress: ReadableBytes): void;
  /** Another request took the session over. */
  supersede(): void;
}

/** How many partitions all sessions hold together. */
interface PartitionCount {
  total: number;
}

export class FetchSession implements FetchOwner {
  readonly id: number;
  /** Partitions are named by topic id (version 13 and later), or by name. A session keeps to one of them. */
  readonly usesTopicIds: boolean;
  readonly createdMs: number;
  lastUsedMs: number;
  /** The epoch that the next request must have. */
  epoch = nextSessionEpoch(INITIAL_EPOCH);

  /** By topic id or name, then by index. */
  readonly #partitions = new Map<string, Map<number, FetchPartition>>();
  #size = 0;
  readonly #count: PartitionCount;
  /** Those that may have something to say, in the order in which they get their turn. */
  readonly #active = new Set<FetchPartition>();
  #waiter: FetchWaiter | undefined;

  constructor(options: { id: number; usesTopicIds: boolean; now: number; count: PartitionCount }) {
    this.id = options.id;
    this.usesTopicIds = options.usesTopicIds;
    this.createdMs = options.now;
    this.lastUsedMs = options.now;
    this.#count = options.count;
  }

  get size(): number {
    return this.#size;
  }

  get active(): Iterable<FetchPartition> {
    return this.#active;
  }

  get activeCount(): number {
    return this.#active.size;
  }

  find(topicKey: string, index: number): FetchPartition | undefined {
    return this.#partitions.get(topicKey)?.get(index);
  }

  add(topicKey: string, target: FetchPartition): void {
    let topic = this.#partitions.get(topicKey);
    if (topic === undefined) {
      topic = new Map();
      this.#partitions.set(topicKey, topic);
    }
    topic.set(target.index, target);
    this.#size += 1;
    this.#count.total += 1;
    this.#active.add(target);
    target.listen();
  }

  /** The client said something about the partition: it is looked at with the next answer. */
  touch(target: FetchPartition): void {
    this.#active.add(target);
  }

  forget(topicKey: string, index: number): void {
    const topic = this.#partitions.get(topicKey);
    const target = topic?.get(index);
    if (topic === undefined || target === undefined) return;
    target.unlisten();
    topic.delete(index);
    if (topic.size === 0) this.#partitions.delete(topicKey);
    this.#active.delete(target);
    this.#size -= 1;
    this.#count.total -= 1;
  }

  /** Lets go of all partitions. */
  end(): void {
    for (const topic of this.#partitions.values()) for (const target of topic.values()) target.unlisten();
    this.#partitions.clear();
    this.#active.clear();
    this.#count.total -= this.#size;
    this.#size = 0;
  }

  partitionMoved(target: FetchPartition, progress: ReadableBytes): void {
    this.#active.add(target);
    this.#waiter?.partitionMoved(target, progress);
  }

  wait(waiter: FetchWaiter): void {
    this.#waiter?.supersede();
    this.#waiter = waiter;
  }

  endWait(waiter: FetchWaiter): void {
    if (this.#waiter === waiter) this.#waiter = undefined;
  }

  /** What the client is told in the answer that begins the session: everything. */
  rememberAll(answers: readonly FetchedAnswer[]): void {
    for (const answer of answers) this.#remember(answer);
  }

  /**
   * Of what was read, that which the client does not know yet; it counts as known from now on. Partitions that gave data go to the end, so that all get their turn
   * when the answer is too small for all.
   */
  changesIn(answers: readonly FetchedAnswer[]): FetchedAnswer[] {
    const changes: FetchedAnswer[] = [];
    for (const answer of answers) {
      const { target } = answer;
      const isNews =
        answer.bytes > 0 ||
        answer.data.errorCode !== 0 ||
        answer.data.divergingEpoch !== undefined ||
        answer.data.highWatermark !== target.knownHighWatermark ||
        answer.data.logStartOffset !== target.knownLogStartOffset;
      if (isNews) changes.push(answer);
      this.#remember(answer);
      if (answer.bytes > 0 && this.#active.delete(target)) this.#active.add(target);
    }
    return changes;
  }

  #remember({ target, data, bytes }: FetchedAnswer): void {
    const settled = data.errorCode === 0 && data.divergingEpoch === undefined;
    target.knownHighWatermark = settled ? (data.highWatermark ?? -1) : -1;
    target.knownLogStartOffset = data.logStartOffset ?? -1;
    // Nothing more to say until the partition moves or the client asks for another offset. What lies beyond the limits of this answer has been left over.
    const isRead = bytes === 0 && target.fetchOffset >= target.knownHighWatermark;
    const { partition } = target;
    const hasMoved =
      partition?.highWatermark !== target.knownHighWatermark || partition.logStartOffset !== target.knownLogStartOffset;
    if (settled && isRead && !hasMoved) this.#active.delete(target);
  }
}

export interface FetchSessionsOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** `max.incremental.fetch.session.cache.slots`. */
  readonly slots: number;
}

export class FetchSessions {
  readonly #options: FetchSessionsOptions;
  /** In the order of last use, the longest unused first. */
  readonly #sessions = new Map<number, FetchSession>();
  readonly #count: PartitionCount = { total: 0 };

  constructor(options: FetchSessionsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#sessions.size;
  }

  get(id: number): FetchSession | undefined {
    return this.#sessions.get(id);
  }

  /** The sessions hold more partitions than all of them may. */
  get isOverfull(): boolean {
    return this.#count.total > limits.fetchSessionPartitions;
  }

  /** A new session for `size` partitions; undefined when there is no room and nobody to evict (the client goes on without one). */
  create(size: number, usesTopicIds: boolean): FetchSession | undefined {
    const now = this.#options.clock.monotonicMs();
    if (this.#count.total + size > limits.fetchSessionPartitions) return undefined;
    if (this.#sessions.size >= this.#options.slots && !this.#evict(size, now)) return undefined;
    const session = new FetchSession({ id: this.#freeId(), usesTopicIds, now, count: this.#count });
    this.#sessions.set(session.id, session);
    return session;
  }

  /** A request used the session: its epoch moves on, and it is the last to be evicted. */
  advance(session: FetchSession): void {
    session.epoch = nextSessionEpoch(session.epoch);
    session.lastUsedMs = this.#options.clock.monotonicMs();
    if (this.#sessions.delete(session.id)) this.#sessions.set(session.id, session);
  }

  remove(id: number): void {
    const session = this.#sessions.get(id);
    if (session === undefined) return;
    this.#sessions.delete(id);
    session.end();
  }

  /**
   * Makes room: the session that was unused for longest, once that is long enough; else, of those that have lived long enough to have paid for themselves, the smallest
   * one if the new one is larger.
   */
  #evict(size: number, now: number): boolean {
    const protectedAfter = now - limits.fetchSessionEvictionMs;
    let victim: FetchSession | undefined;
    for (const session of this.#sessions.values()) {
      if (session.lastUsedMs <= protectedAfter) {
        this.remove(session.id);
        return true;
      }
      if (session.createdMs <= protectedAfter && session.size < (victim?.size ?? size)) victim = session;
    }
    if (victim === undefined) return false;
    this.remove(victim.id);
    return true;
  }

  #freeId(): number {
    for (;;) {
      const id = 1 + Math.floor(this.#options.random.next() * (maxEpoch - 1));
      if (!this.#sessions.has(id)) return id;
    }
  }
}
