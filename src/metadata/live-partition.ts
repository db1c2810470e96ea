/**
 * A partition of the image. Owns the one trick of the image: leader epochs rise with their leader's registrations without being written
 * one by one (decision 0006). A broker that starts begins a new epoch for each partition it leads; the record says so once, for the broker.
 */
import { assert } from '../base/assert.ts';
import { NO_LEADER_CHANGE, type PartitionChanged, type PartitionCreated } from './cluster-record.ts';
import type { LiveBroker } from './live-broker.ts';
import type { PartitionRegistration } from './metadata-image.ts';

export class LivePartition implements PartitionRegistration {
  readonly index: number;
  #leader: number;
  #leaderBroker: LiveBroker | undefined;
  /** Epochs without those that the leader's starts have added; below zero when it had started before it led. */
  #leaderEpochBase: number;
  #partitionEpochBase: number;
  #replicas: readonly number[];
  #isr: readonly number[];

  constructor(record: PartitionCreated, leader: LiveBroker | undefined) {
    this.index = record.partitionId;
    this.#leader = record.leader;
    this.#leaderBroker = leader;
    const starts = leader?.starts ?? 0;
    this.#leaderEpochBase = record.leaderEpoch - starts;
    this.#partitionEpochBase = record.partitionEpoch - starts;
    this.#replicas = shared(record.replicas);
    this.#isr = shared(record.isr);
  }

  get leader(): number {
    return this.#leader;
  }

  get leaderEpoch(): number {
    return this.#leaderEpochBase + (this.#leaderBroker?.starts ?? 0);
  }

  get partitionEpoch(): number {
    return this.#partitionEpochBase + (this.#leaderBroker?.starts ?? 0);
  }

  get replicas(): readonly number[] {
    return this.#replicas;
  }

  get isr(): readonly number[] {
    return this.#isr;
  }

  /** `leader` is the broker that the record names as the new leader. */
  change(record: PartitionChanged, leader: LiveBroker | undefined): void {
    assert(record.partitionId === this.index, 'a change for another partition', { record, index: this.index });
    const partitionEpoch = this.partitionEpoch + 1;
    if (record.leader !== NO_LEADER_CHANGE) {
      const leaderEpoch = this.leaderEpoch + 1;
      this.#leader = record.leader;
      this.#leaderBroker = leader;
      this.#leaderEpochBase = leaderEpoch - (leader?.starts ?? 0);
    }
    this.#partitionEpochBase = partitionEpoch - (this.#leaderBroker?.starts ?? 0);
    if (record.replicas !== null) this.#replicas = shared(record.replicas);
    if (record.isr !== null) this.#isr = shared(record.isr);
  }
}

/** Thousands of partitions have the same replicas: one array of each kind is enough for the common case of one replica. */
const single = new Map<number, readonly number[]>();

function shared(brokerIds: readonly number[]): readonly number[] {
  const only = brokerIds[0];
  if (brokerIds.length !== 1 || only === undefined) return brokerIds;
  const known = single.get(only) ?? Object.freeze([only]);
  single.set(only, known);
  return known;
}
