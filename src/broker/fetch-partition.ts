/**
 * One partition in a fetch: what the client wants of it, what it was last told, and the open partition behind it. Lives as long as the request, or
 * as the fetch session that holds it (KIP-227). Owns no decision; `fetch-read.ts` reads and `fetch-sessions.ts` says what changed.
 */
import type { Partition } from '../partition/partition.ts';
import type { ProgressListener, ReadableBytes } from '../partition/partition-progress.ts';
import type { Fetch } from '../protocol/messages/fetch.ts';
import type { RequestOf, ResponseOf } from '../protocol/schema.ts';

/** What a request says about a topic's partition. */
export type FetchWish = RequestOf<typeof Fetch>['topics'][number]['partitions'][number];

/** A partition as the response has it. */
export type FetchedPartition = NonNullable<
  NonNullable<NonNullable<ResponseOf<typeof Fetch>['responses']>[number]['partitions']>[number]
>;

/** A topic as clients name it: by id from version 13 on, before by name. The other one is empty, or the name found by the id. */
export interface FetchTopic {
  name: string;
  readonly id: string;
}

/** Told that one of its partitions moved. */
export interface FetchOwner {
  partitionMoved(target: FetchPartition, progress: ReadableBytes): void;
}

export class FetchPartition implements ProgressListener {
  readonly topic: FetchTopic;
  readonly index: number;
  readonly #owner: FetchOwner;

  fetchOffset = 0;
  /** -1 and below: the client does not say. */
  currentLeaderEpoch = -1;
  lastFetchedEpoch = -1;
  bytesMax = 0;

  /** What the client knows from the last answer; -1 before it, and after an error, so that the next answer counts as a change. */
  knownHighWatermark = -1;
  knownLogStartOffset = -1;

  #partition: Partition | undefined;
  #listening = false;

  constructor(topic: FetchTopic, index: number, owner: FetchOwner) {
    this.topic = topic;
    this.index = index;
    this.#owner = owner;
  }

  wish(wish: FetchWish): void {
    this.fetchOffset = wish.fetchOffset;
    this.currentLeaderEpoch = wish.currentLeaderEpoch;
    this.lastFetchedEpoch = wish.lastFetchedEpoch;
    this.bytesMax = wish.partitionMaxBytes;
  }

  /** The open partition found last time; undefined when there was none or it has stopped. */
  get partition(): Partition | undefined {
    return this.#partition?.stopped === undefined ? this.#partition : undefined;
  }

  set partition(partition: Partition | undefined) {
    if (partition === this.#partition) return;
    const listening = this.#listening;
    this.unlisten();
    this.#partition = partition;
    if (listening) this.listen();
  }

  /** From now on the owner hears when the partition moves. */
  listen(): void {
    this.#listening = true;
    this.#partition?.addListener(this);
  }

  unlisten(): void {
    this.#listening = false;
    this.#partition?.removeListener(this);
  }

  onProgress(progress: ReadableBytes): void {
    this.#owner.partitionMoved(this, progress);
  }
}
