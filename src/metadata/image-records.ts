/**
 * The records that make an empty image equal to this one: what a snapshot of the metadata says. They come in an order in which each fits what is there: brokers
 * before the partitions that they lead, because a leader's epoch is counted from its broker's starts (decision 0006). Pure; decides nothing.
 */
import type { ClusterRecord } from './cluster-record.ts';
import { ConfigResourceType } from './config-resource.ts';
import type { MetadataImage, TopicRegistration } from './metadata-image.ts';

/** What no broker has. */
const NONE = -1;

export function recordsOf(image: MetadataImage): readonly ClusterRecord[] {
  const records: ClusterRecord[] = [];
  for (const [name, featureLevel] of image.features) records.push({ kind: 'featureLevel', name, featureLevel });
  for (const resourceType of Object.values(ConfigResourceType)) addConfigs(records, image, resourceType);
  for (const { id, incarnationId, epoch, endPoints, rack } of image.brokers.values()) {
    records.push({ kind: 'registerBroker', brokerId: id, incarnationId, brokerEpoch: epoch, endPoints, rack });
  }
  for (const topic of image.topics()) addTopic(records, topic);
  const { nextProducerId } = image;
  if (nextProducerId > 0) records.push({ kind: 'producerIds', brokerId: NONE, brokerEpoch: NONE, nextProducerId });
  return records;
}

function addConfigs(records: ClusterRecord[], image: MetadataImage, resourceType: number): void {
  for (const resourceName of image.configuredResources(resourceType)) {
    for (const [name, value] of image.configs(resourceType, resourceName)) {
      records.push({ kind: 'config', resourceType, resourceName, name, value });
    }
  }
}

function addTopic(records: ClusterRecord[], { name, id: topicId, partitions }: TopicRegistration): void {
  records.push({ kind: 'topic', name, topicId });
  for (const { index: partitionId, leader, leaderEpoch, partitionEpoch, replicas, isr } of partitions) {
    records.push({ kind: 'partition', topicId, partitionId, replicas, isr, leader, leaderEpoch, partitionEpoch });
  }
}
