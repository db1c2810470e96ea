/**
 * The partitions that this broker leads, by topic and index. Opens a partition's log when it is first asked for, fences and closes it when the
 * metadata says that it is led elsewhere or gone, and opens it again after a fault. Looks leaders up in the metadata image, never guesses: a
 * partition that another broker leads is refused. It decides nothing about records.
 */
import type { Env } from '../base/env.ts';
import { FaultPause } from '../base/fault-pause.ts';
import type { Lifecycle } from '../base/lifecycle.ts';
import { limits } from '../base/limits.ts';
import { Slots } from '../base/slots.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import { type TopicSettings, topicSettings } from '../config/topic-settings.ts';
import type { LogEngine, LogId } from '../log/log-engine.ts';
import { LogOffline } from '../log/log-faults.ts';
import { ConfigResourceType } from '../metadata/config-resource.ts';
import { metadataLogId } from '../metadata/engine-metadata-log.ts';
import type { MetadataChange, MetadataImage, TopicRegistration } from '../metadata/metadata-image.ts';
import { Partition, type PartitionOptions } from '../partition/partition.ts';
import type { PartitionFaultKind } from '../partition/partition-fault.ts';
import { ErrorCode } from '../protocol/error-code.ts';
import { FaultLog } from './fault-log.ts';
import type { TopicRemovals } from './topic-removals.ts';

export interface PartitionDirectoryOptions {
  readonly env: Env;
  readonly nodeId: number;
  readonly config: BrokerConfig;
  readonly image: MetadataImage;
  readonly engine: LogEngine;
  readonly removals: TopicRemovals;
  /** Closing that nobody waits for. */
  readonly background: Lifecycle;
  /** Of a partition that this broker leads, later than the one it has and than `above`; in the image when it resolves. */
  readonly beginLeaderEpoch: (id: LogId, above: number) => Promise<void>;
}

/** The open partition, or why there is none (an error code); a promise of it when the log has to be opened first. */
export type PartitionLookup = Partition | ErrorCode | Promise<Partition | ErrorCode>;

/** One partition's place, which outlives the openings. */
interface Slot {
  readonly id: LogId;
  partition: Partition | undefined;
  opening: Promise<Partition | ErrorCode> | undefined;
  /** What the last one has shown to clients. */
  shown: { readonly leaderEpoch: number; readonly highWatermark: number } | undefined;
  /** Undefined as long as the log never failed. */
  pause: FaultPause | undefined;
}

interface TopicSlots {
  readonly topic: TopicRegistration;
  settings: TopicSettings;
  /** By partition index; holes where nobody asked yet. */
  readonly slots: Slot[];
}

export class PartitionDirectory {
  readonly #options: PartitionDirectoryOptions;
  readonly #topics = new Map<string, TopicSlots>();
  readonly #faultLog: FaultLog;
  /** What all partitions look up when they need it. */
  readonly #shared: Pick<PartitionOptions, 'producerExpirationMs' | 'verifiesTransactions'>;
  readonly #unfollow: () => void;
  #isClosed = false;

  constructor(options: PartitionDirectoryOptions) {
    this.#options = options;
    this.#faultLog = new FaultLog(options.env);
    const { config } = options;
    this.#shared = {
      producerExpirationMs: () => config.get('producer.id.expiration.ms'),
      verifiesTransactions: () => config.get('transaction.partition.verification.enable'),
    };
    this.#unfollow = options.config.onChange(() => this.#reconfigureAll());
  }

  /** By topic name: UNKNOWN_TOPIC_OR_PARTITION when there is none. */
  get(topicName: string, index: number): PartitionLookup {
    const topic = this.#options.image.topicByName(topicName);
    return topic === undefined ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : this.find(topic, index);
  }

  /** By topic id: UNKNOWN_TOPIC_ID when there is none. */
  getById(topicId: string, index: number): PartitionLookup {
    const topic = this.#options.image.topicById(topicId);
    return topic === undefined ? ErrorCode.UNKNOWN_TOPIC_ID : this.find(topic, index);
  }

  /** `topic` was looked up in the image in this turn. */
  find(topic: TopicRegistration, index: number): PartitionLookup {
    const registration = topic.partitions[index];
    if (registration === undefined) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
    if (registration.leader !== this.#options.nodeId || this.#isClosed) return ErrorCode.NOT_LEADER_OR_FOLLOWER;
    const slot = this.#topics.get(topic.id)?.slots[index];
    if (slot?.opening !== undefined) return slot.opening;
    const partition = slot?.partition;
    if (partition?.stopped === undefined && partition?.leaderEpoch === registration.leaderEpoch) return partition;
    // A partition that failed while it was open is opened again at once, so that reads go on; only its appends have to wait.
    if (partition === undefined && this.#pauseLeftMs(slot) > 0) return ErrorCode.KAFKA_STORAGE_ERROR;
    return this.#open(topic, index);
  }

  /** The partitions that are open now. */
  *open(): Iterable<Partition> {
    for (const { slots } of this.#topics.values()) {
      for (const slot of slots) {
        if (slot?.partition !== undefined && slot.partition.stopped === undefined) yield slot.partition;
      }
    }
  }

  /** Closes the partition's log, with everything acknowledged that was appended, and opens it again, here or elsewhere. Requests that come meanwhile wait. */
  async reopen({ topicId, partition: index }: LogId): Promise<void> {
    const slotNow = () => this.#topics.get(topicId)?.slots[index];
    // An opening that is under way began with the log where it was.
    while (slotNow()?.opening !== undefined) await slotNow()?.opening;
    const topic = this.#options.image.topicById(topicId);
    if (topic === undefined || this.#isClosed) return;
    const isOpen = slotNow()?.partition?.stopped === undefined;
    await (isOpen && this.#ledEpoch(topicId, index) !== undefined
      ? this.#open(topic, index, 'closed')
      : this.find(topic, index));
  }

  /** Follows the metadata; called in the turn in which the image changed. */
  apply(change: MetadataChange): void {
    if (this.#isClosed) return;
    switch (change.kind) {
      case 'topic-deleted':
        this.#remove(change.topic);
        break;
      case 'partition-changed':
        this.#fence(change.topic, change.partition.index);
        break;
      case 'config-changed':
        if (change.resourceType === ConfigResourceType.TOPIC) this.#reconfigure(change.resourceName);
        break;
      default:
        break;
    }
  }

  /** Whether `log` belongs to no topic that this broker knows: one that was deleted while it was down, or one that is still to come. */
  isUnknown(log: LogId): boolean {
    return log.topicId !== metadataLogId.topicId && this.#options.image.topicById(log.topicId) === undefined;
  }

  /** A clean stop: everything appended is written and acknowledged, everybody who still waits is told. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#unfollow();
    const slots = [...this.#topics.values()].flatMap((topic) => topic.slots.filter((slot) => slot !== undefined));
    const turns = new Slots(limits.logsOpening);
    await Promise.all(slots.map((slot) => this.#stopSlot(slot, 'closed', turns)));
  }

  /** How many logs are not closed: what a stop has before it. */
  get openLogs(): number {
    let count = 0;
    for (const { slots } of this.#topics.values()) {
      for (const slot of slots) if (slot?.partition?.isClosed === false) count += 1;
    }
    return count;
  }

  /** Who waits at the one that is open is told `kind`. */
  #open(
    topic: TopicRegistration,
    index: number,
    kind: PartitionFaultKind = 'not-leader',
  ): Promise<Partition | ErrorCode> {
    const slot = this.#slot(topic, index);
    const opening = this.#openSlot(slot, topic.id, kind).finally(() => {
      slot.opening = undefined;
    });
    slot.opening = opening;
    return opening;
  }

  async #openSlot(slot: Slot, topicId: string, kind: PartitionFaultKind): Promise<Partition | ErrorCode> {
    // The leader of an older epoch has to let go of the log first.
    await this.#stopPartition(slot, kind);
    const before = slot.partition;
    if (before !== undefined) slot.shown = { leaderEpoch: before.leaderEpoch, highWatermark: before.highWatermark };
    slot.partition = undefined;
    // And a deleted topic of the same name has to let go of the directory.
    await this.#options.removals.ended(slot.id.topic);
    const leaderEpoch = this.#ledEpoch(topicId, slot.id.partition);
    const settings = this.#topics.get(topicId)?.settings;
    if (leaderEpoch === undefined || settings === undefined) return this.#refusal(topicId);
    try {
      slot.partition = await this.#openPartition(slot, { leaderEpoch, settings, before });
    } catch (error) {
      // Whatever is wrong with the log, it is not served. The first request after the pause tries again.
      if (error instanceof LogOffline) return ErrorCode.KAFKA_STORAGE_ERROR;
      this.#noteFault(slot);
      this.#faultLog.error({ err: error, log: slot.id }, 'a partition could not be opened');
      return ErrorCode.KAFKA_STORAGE_ERROR;
    }
    slot.partition.onStop = (fault) => {
      this.#noteFault(slot);
      this.#faultLog.error({ err: fault.cause, log: slot.id }, 'a partition stopped after a fault of its log');
    };
    this.#holdAppends(slot, slot.partition);
    // The topic's settings, its leader or the topic itself may have changed since the opening began.
    const current = this.#topics.get(topicId);
    if (
      current === undefined ||
      this.#isClosed ||
      this.#ledEpoch(topicId, slot.id.partition) !== slot.partition.leaderEpoch
    ) {
      await this.#stopPartition(slot, current === undefined ? 'deleted' : 'not-leader');
      slot.partition = undefined;
      return this.#refusal(topicId);
    }
    if (current.settings !== settings) slot.partition.reconfigure(current.settings);
    return slot.partition;
  }

  /** Leaves no open log behind when it rejects. */
  async #openPartition(
    { id, shown }: Slot,
    found: { leaderEpoch: number; settings: TopicSettings; before: Partition | undefined },
  ): Promise<Partition> {
    const { env, engine, beginLeaderEpoch } = this.#options;
    const { settings, before } = found;
    const log = await engine.open(id, settings);
    try {
      let { leaderEpoch } = found;
      // Clients have read records that the log has no more: what comes in their place is of another epoch, so that they can tell (KIP-320).
      const hasLost = shown?.leaderEpoch === leaderEpoch && log.endOffset < shown.highWatermark;
      // Apache Kafka wrote the log, or the metadata is an older copy: epochs only rise within a log.
      const latestEpoch = log.leaderEpochs.at(-1)?.epoch ?? -1;
      if (hasLost || latestEpoch > leaderEpoch) {
        await beginLeaderEpoch(id, latestEpoch);
        leaderEpoch = this.#ledEpoch(id.topicId, id.partition) ?? leaderEpoch;
      }
      return await Partition.open({
        env,
        log,
        settings,
        leaderEpoch,
        ...this.#shared,
        // Under another leader, a marker may have ended what was asked about.
        verifications: before?.leaderEpoch === leaderEpoch ? before.verifications : undefined,
      });
    } catch (error) {
      await log.close().catch(() => {});
      throw error;
    }
  }

  #noteFault(slot: Slot): void {
    slot.pause ??= new FaultPause();
    slot.pause.noteFault(this.#options.env.clock.monotonicMs());
  }

  #pauseLeftMs(slot: Slot | undefined): number {
    return slot?.pause?.leftMs(this.#options.env.clock.monotonicMs()) ?? 0;
  }

  /** What failed a moment ago is likely to fail again, and each time costs a recovery: until the pause is over the partition only reads. */
  #holdAppends(slot: Slot, partition: Partition): void {
    const leftMs = this.#pauseLeftMs(slot);
    if (leftMs === 0) return;
    partition.takesAppends = false;
    this.#options.env.timers.after(leftMs, () => {
      partition.takesAppends = true;
    });
  }

  /** The epoch in which this broker leads the partition; undefined when it does not. */
  #ledEpoch(topicId: string, index: number): number | undefined {
    const registration = this.#options.image.topicById(topicId)?.partitions[index];
    return registration?.leader === this.#options.nodeId ? registration.leaderEpoch : undefined;
  }

  #refusal(topicId: string): ErrorCode {
    const exists = this.#options.image.topicById(topicId) !== undefined;
    return exists ? ErrorCode.NOT_LEADER_OR_FOLLOWER : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
  }

  #slot(topic: TopicRegistration, index: number): Slot {
    let entry = this.#topics.get(topic.id);
    if (entry === undefined) {
      entry = { topic, settings: this.#settingsOf(topic.name), slots: [] };
      this.#topics.set(topic.id, entry);
    }
    let slot = entry.slots[index];
    if (slot === undefined) {
      slot = {
        id: { topic: topic.name, topicId: topic.id, partition: index },
        partition: undefined,
        opening: undefined,
        shown: undefined,
        pause: undefined,
      };
      entry.slots[index] = slot;
    }
    return slot;
  }

  #settingsOf(topicName: string): TopicSettings {
    const { config, image } = this.#options;
    return topicSettings(config, image.configs(ConfigResourceType.TOPIC, topicName));
  }

  #reconfigure(topicName: string): void {
    const topic = this.#options.image.topicByName(topicName);
    const entry = topic === undefined ? undefined : this.#topics.get(topic.id);
    if (entry === undefined) return;
    entry.settings = this.#settingsOf(topicName);
    for (const slot of entry.slots) slot?.partition?.reconfigure(entry.settings);
  }

  #reconfigureAll(): void {
    for (const { topic } of this.#topics.values()) this.#reconfigure(topic.name);
  }

  /** A partition that this broker leads no more (or in another epoch) must not append another batch. */
  #fence(topic: TopicRegistration, index: number): void {
    const slot = this.#topics.get(topic.id)?.slots[index];
    const partition = slot?.partition;
    if (slot === undefined || partition === undefined) return;
    if (partition.leaderEpoch === this.#ledEpoch(topic.id, index)) return;
    const stopping = this.#stopPartition(slot, 'not-leader');
    this.#options.background.run('close a partition that is led elsewhere', () => stopping);
  }

  #remove(topic: TopicRegistration): void {
    const slots = this.#topics.get(topic.id)?.slots ?? [];
    this.#topics.delete(topic.id);
    // In this turn, so that nothing is appended or acknowledged any more.
    const stopping = slots.map((slot) => (slot === undefined ? undefined : this.#stopSlot(slot, 'deleted')));
    this.#options.removals.remove(topic, Promise.all(stopping));
  }

  async #stopSlot(slot: Slot, kind: PartitionFaultKind, turns?: Slots): Promise<void> {
    const stopping = this.#stopPartition(slot, kind, turns);
    await slot.opening;
    await stopping;
    await this.#stopPartition(slot, kind, turns);
  }

  /** Never rejects: a log that cannot be closed in order is recovered by the next opening, and others wait to be closed too. */
  async #stopPartition(slot: Slot, kind: PartitionFaultKind, turns?: Slots): Promise<void> {
    try {
      await slot.partition?.stop(kind, turns);
    } catch (error) {
      this.#faultLog.error({ err: error, log: slot.id }, 'a partition could not be closed in order');
    }
  }
}
