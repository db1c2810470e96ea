/**
 * The cluster's metadata as it is now, for reading. One object that changes in place, always between two turns of the event loop: what was
 * looked up holds until the next `await` and must be looked up again behind it. Only `ClusterMetadata` applies records to it.
 */
import type { BrokerEndPoint } from './cluster-record.ts';

export interface MetadataImage {
  /** Kafka's 22 characters. Undefined until the first broker of the cluster has started. */
  readonly clusterId: string | undefined;
  readonly topicCount: number;
  readonly partitionCount: number;
  /** The first producer id that nobody has been given. */
  readonly nextProducerId: number;
  readonly brokers: ReadonlyMap<number, BrokerRegistration>;
  /** Finalized levels by feature name. */
  readonly features: ReadonlyMap<string, number>;
  /** Names by id of topics that are known to be gone for good, the latest ones: one may have been forgotten. */
  readonly removedTopics: ReadonlyMap<string, string>;

  topicByName(name: string): TopicRegistration | undefined;
  topicById(id: string): TopicRegistration | undefined;
  /** In no order. */
  topics(): IterableIterator<TopicRegistration>;
  /** The names of topics that have the same name as this one once `.` and `_` are the same (metric names cannot tell them apart). */
  topicsLike(name: string): ReadonlySet<string>;
  /** What somebody has set for this resource, as text; empty when nothing. */
  configs(resourceType: number, resourceName: string): ReadonlyMap<string, string>;
  /** The resources of a type that have settings of their own. */
  configuredResources(resourceType: number): IterableIterator<string>;
  /** Settings of all resources together. */
  readonly configCount: number;
}

export interface TopicRegistration {
  readonly name: string;
  readonly id: string;
  readonly isInternal: boolean;
  readonly partitions: readonly PartitionRegistration[];
}

export interface PartitionRegistration {
  readonly index: number;
  /** -1: none. */
  readonly leader: number;
  readonly leaderEpoch: number;
  readonly partitionEpoch: number;
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
}

export interface BrokerRegistration {
  readonly id: number;
  readonly incarnationId: string;
  /** Grows with every registration of any broker. */
  readonly epoch: number;
  readonly endPoints: readonly BrokerEndPoint[];
  readonly rack: string | null;
}

/** What became different when records were applied. Objects are those of the image. */
export type MetadataChange =
  | { readonly kind: 'topic-created'; readonly topic: TopicRegistration }
  | { readonly kind: 'topic-deleted'; readonly topic: TopicRegistration }
  /** Also the first ones, right after `topic-created`. */
  | { readonly kind: 'partition-added'; readonly topic: TopicRegistration; readonly partition: PartitionRegistration }
  /** Leader or replicas. */
  | { readonly kind: 'partition-changed'; readonly topic: TopicRegistration; readonly partition: PartitionRegistration }
  | { readonly kind: 'config-changed'; readonly resourceType: number; readonly resourceName: string }
  | { readonly kind: 'broker-registered'; readonly broker: BrokerRegistration };
