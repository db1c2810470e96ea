/**
 * The facts that make up a cluster's metadata: which there are and what each says. Their bytes are Apache Kafka's own metadata records
 * (`cluster-record-codec.ts`), their meaning is in `live-image.ts`. Field names and units are Kafka's.
 */

export type ClusterRecord =
  | RegisterBroker
  | TopicCreated
  | TopicRemoved
  | PartitionCreated
  | PartitionChanged
  | ConfigChanged
  | ProducerIdsTaken
  | FeatureLevelSet;

/** A broker has started (another `incarnationId`), or its addresses changed (the same one). */
export interface RegisterBroker {
  readonly kind: 'registerBroker';
  readonly brokerId: number;
  readonly incarnationId: string;
  readonly brokerEpoch: number;
  readonly endPoints: readonly BrokerEndPoint[];
  readonly rack: string | null;
}

export interface BrokerEndPoint {
  /** The listener's. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** 0 PLAINTEXT, 1 SSL, 2 SASL_PLAINTEXT, 3 SASL_SSL. */
  readonly securityProtocol: number;
}

export interface TopicCreated {
  readonly kind: 'topic';
  readonly name: string;
  readonly topicId: string;
}

/** Its partitions and settings go with it. */
export interface TopicRemoved {
  readonly kind: 'removeTopic';
  readonly topicId: string;
}

/** Or written anew, in a later leader epoch. */
export interface PartitionCreated {
  readonly kind: 'partition';
  readonly topicId: string;
  /** The partitions of a topic come in order, from 0. */
  readonly partitionId: number;
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
  /** -1: none. */
  readonly leader: number;
  readonly leaderEpoch: number;
  readonly partitionEpoch: number;
}

/** Null, and -2 for the leader, leave as it is. A new leader begins a new epoch. */
export interface PartitionChanged {
  readonly kind: 'partitionChange';
  readonly topicId: string;
  readonly partitionId: number;
  readonly replicas: readonly number[] | null;
  readonly isr: readonly number[] | null;
  readonly leader: number;
}

export interface ConfigChanged {
  readonly kind: 'config';
  readonly resourceType: number;
  readonly resourceName: string;
  readonly name: string;
  /** Null takes the setting away. */
  readonly value: string | null;
}

/** Every id below `nextProducerId` has been handed to some broker. */
export interface ProducerIdsTaken {
  readonly kind: 'producerIds';
  readonly brokerId: number;
  readonly brokerEpoch: number;
  readonly nextProducerId: number;
}

export interface FeatureLevelSet {
  readonly kind: 'featureLevel';
  readonly name: string;
  readonly featureLevel: number;
}

/** In PartitionChanged: the leader stays. */
export const NO_LEADER_CHANGE = -2;
