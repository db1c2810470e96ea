/** What can have settings of its own in the cluster's metadata (Kafka's ConfigResource types), and what is kept there under a type of ours. */

export const ConfigResourceType = {
  TOPIC: 2,
  BROKER: 4,
  BROKER_LOGGER: 8,
  CLIENT_METRICS: 16,
  GROUP: 32,
  /** Facts about the cluster itself. Never served to clients: Kafka has no such type. */
  CLUSTER: 100,
} as const;

/** The broker settings that hold for all brokers have this name in place of a node id. */
export const CLUSTER_DEFAULT = '';

/** Under ConfigResourceType.CLUSTER, for the resource named ''. */
export const CLUSTER_ID = 'cluster.id';
