/**
 * Decides what a broker writes when it starts. The first broker of a cluster makes the cluster: its id, and the settings that Kafka's
 * first controller writes down too. A start with a new incarnation begins a new leader epoch for all partitions that the broker leads.
 */
import type { BrokerEndPoint, ClusterRecord } from './cluster-record.ts';
import { CLUSTER_DEFAULT, CLUSTER_ID, ConfigResourceType } from './config-resource.ts';
import type { Decision } from './decision.ts';
import type { MetadataImage } from './metadata-image.ts';

/** Kafka's number for the metadata format of 4.3; its tools expect it first in the log. */
const METADATA_VERSION = 30;

export interface BrokerStart {
  readonly nodeId: number;
  /** New at every start of the process; the same when only the addresses changed. */
  readonly incarnationId: string;
  readonly endPoints: readonly BrokerEndPoint[];
  readonly rack: string | null;
  /** The id of the cluster, should this be its first broker. */
  readonly newClusterId: string;
  /** `min.insync.replicas` of the first broker becomes a setting of the cluster, as in Kafka. */
  readonly minInsyncReplicas: number;
}

export function registerBroker(image: MetadataImage, start: BrokerStart): Decision<void> {
  const { nodeId, incarnationId, endPoints, rack } = start;
  const brokerEpoch = Math.max(0, ...[...image.brokers.values()].map((broker) => broker.epoch)) + 1;
  const registration: ClusterRecord = {
    kind: 'registerBroker',
    brokerId: nodeId,
    incarnationId,
    brokerEpoch,
    endPoints,
    rack,
  };
  return { records: [...(image.clusterId === undefined ? firstRecords(start) : []), registration], reply: undefined };
}

function firstRecords({ newClusterId, minInsyncReplicas }: BrokerStart): readonly ClusterRecord[] {
  return [
    { kind: 'featureLevel', name: 'metadata.version', featureLevel: METADATA_VERSION },
    {
      kind: 'config',
      resourceType: ConfigResourceType.CLUSTER,
      resourceName: '',
      name: CLUSTER_ID,
      value: newClusterId,
    },
    {
      kind: 'config',
      resourceType: ConfigResourceType.BROKER,
      resourceName: CLUSTER_DEFAULT,
      name: 'min.insync.replicas',
      value: String(minInsyncReplicas),
    },
  ];
}
