/**
 * The image that records are applied to. Applying cannot refuse: a record was checked when it was decided, so one that does not fit is a
 * bug. The same records in the same order give the same image, on every broker and after every restart.
 */
import { assert, present, unreachable } from '../base/assert.ts';
import { keepNewest } from '../base/keep-newest.ts';
import { limits } from '../base/limits.ts';
import type {
  ClusterRecord,
  PartitionChanged,
  PartitionCreated,
  RegisterBroker,
  TopicCreated,
} from './cluster-record.ts';
import { CLUSTER_ID, ConfigResourceType } from './config-resource.ts';
import { LiveBroker } from './live-broker.ts';
import { LiveConfigs } from './live-configs.ts';
import { LivePartition } from './live-partition.ts';
import type { MetadataChange, MetadataImage, TopicRegistration } from './metadata-image.ts';
import { hasCollisionCharacters, isInternalTopic, withoutCollisionCharacters } from './topic-name.ts';

interface LiveTopic extends TopicRegistration {
  readonly partitions: LivePartition[];
}

const noNames: ReadonlySet<string> = new Set();

export class LiveImage implements MetadataImage {
  readonly #topicsByName = new Map<string, LiveTopic>();
  readonly #topicsById = new Map<string, LiveTopic>();
  /** Only names with characters that can be confused. */
  readonly #namesByLikeness = new Map<string, Set<string>>();
  readonly #brokers = new Map<number, LiveBroker>();
  readonly #features = new Map<string, number>();
  readonly #configs = new LiveConfigs();
  /** Oldest first. */
  readonly #removedTopics = new Map<string, string>();
  #partitionCount = 0;
  #nextProducerId = 0;

  get clusterId(): string | undefined {
    return this.#configs.of(ConfigResourceType.CLUSTER, '').get(CLUSTER_ID);
  }

  get topicCount(): number {
    return this.#topicsByName.size;
  }

  get partitionCount(): number {
    return this.#partitionCount;
  }

  get nextProducerId(): number {
    return this.#nextProducerId;
  }

  get brokers(): ReadonlyMap<number, LiveBroker> {
    return this.#brokers;
  }

  get features(): ReadonlyMap<string, number> {
    return this.#features;
  }

  get removedTopics(): ReadonlyMap<string, string> {
    return this.#removedTopics;
  }

  get configCount(): number {
    return this.#configs.count;
  }

  topicByName(name: string): TopicRegistration | undefined {
    return this.#topicsByName.get(name);
  }

  topicById(id: string): TopicRegistration | undefined {
    return this.#topicsById.get(id);
  }

  topics(): IterableIterator<TopicRegistration> {
    return this.#topicsByName.values();
  }

  topicsLike(name: string): ReadonlySet<string> {
    return this.#namesByLikeness.get(withoutCollisionCharacters(name)) ?? noNames;
  }

  configs(resourceType: number, resourceName: string): ReadonlyMap<string, string> {
    return this.#configs.of(resourceType, resourceName);
  }

  configuredResources(resourceType: number): IterableIterator<string> {
    return this.#configs.resources(resourceType);
  }

  /** Undefined when nobody outside can see a difference. */
  apply(record: ClusterRecord): MetadataChange | undefined {
    switch (record.kind) {
      case 'topic':
        return this.#addTopic(record);
      case 'removeTopic':
        return this.#removeTopic(record.topicId);
      case 'partition':
        return this.#putPartition(record);
      case 'partitionChange':
        return this.#changePartition(record);
      case 'config':
        this.#configs.change(record);
        return { kind: 'config-changed', resourceType: record.resourceType, resourceName: record.resourceName };
      case 'registerBroker':
        return this.#registerBroker(record);
      case 'producerIds':
        assert(record.nextProducerId >= this.#nextProducerId, 'producer ids were handed out twice', record);
        this.#nextProducerId = record.nextProducerId;
        return undefined;
      case 'featureLevel':
        this.#features.set(record.name, record.featureLevel);
        return undefined;
      default:
        return unreachable(record);
    }
  }

  #addTopic({ name, topicId }: TopicCreated): MetadataChange {
    assert(!this.#topicsByName.has(name) && !this.#topicsById.has(topicId), 'a topic was created twice', { name });
    const topic: LiveTopic = { name, id: topicId, isInternal: isInternalTopic(name), partitions: [] };
    this.#topicsByName.set(name, topic);
    this.#topicsById.set(topicId, topic);
    if (hasCollisionCharacters(name)) this.#addLikeness(name);
    return { kind: 'topic-created', topic };
  }

  #removeTopic(topicId: string): MetadataChange {
    const topic = this.#topic(topicId);
    this.#topicsByName.delete(topic.name);
    this.#topicsById.delete(topicId);
    if (hasCollisionCharacters(topic.name)) this.#removeLikeness(topic.name);
    this.#partitionCount -= topic.partitions.length;
    this.#configs.forget(ConfigResourceType.TOPIC, topic.name);
    this.#removedTopics.set(topicId, topic.name);
    keepNewest(this.#removedTopics, limits.removedTopicsKnown);
    return { kind: 'topic-deleted', topic };
  }

  /** A partition that is there already is written anew, as in Apache Kafka. */
  #putPartition(record: PartitionCreated): MetadataChange {
    const topic = this.#topic(record.topicId);
    assert(record.partitionId <= topic.partitions.length, 'partitions come in order', record);
    const partition = new LivePartition(record, this.#brokers.get(record.leader));
    const before = topic.partitions[record.partitionId];
    topic.partitions[record.partitionId] = partition;
    if (before !== undefined) {
      assert(before.leaderEpoch < partition.leaderEpoch, 'a partition is written anew in a later epoch', record);
      return { kind: 'partition-changed', topic, partition };
    }
    this.#partitionCount += 1;
    return { kind: 'partition-added', topic, partition };
  }

  #changePartition(record: PartitionChanged): MetadataChange {
    const topic = this.#topic(record.topicId);
    const partition = present(topic.partitions[record.partitionId], 'a change for a partition that is not there');
    partition.change(record, this.#brokers.get(record.leader));
    return { kind: 'partition-changed', topic, partition };
  }

  #registerBroker(record: RegisterBroker): MetadataChange {
    const broker = this.#brokers.get(record.brokerId) ?? new LiveBroker(record.brokerId);
    this.#brokers.set(broker.id, broker);
    broker.register(record);
    return { kind: 'broker-registered', broker };
  }

  #addLikeness(name: string): void {
    const likeness = withoutCollisionCharacters(name);
    const names = this.#namesByLikeness.get(likeness);
    if (names === undefined) this.#namesByLikeness.set(likeness, new Set([name]));
    else names.add(name);
  }

  #removeLikeness(name: string): void {
    const likeness = withoutCollisionCharacters(name);
    const names = present(this.#namesByLikeness.get(likeness), 'a topic without its likeness');
    names.delete(name);
    if (names.size === 0) this.#namesByLikeness.delete(likeness);
  }

  #topic(topicId: string): LiveTopic {
    return present(this.#topicsById.get(topicId), 'a record of a topic that is not there');
  }
}
