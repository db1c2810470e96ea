/**
 * The bytes of the facts: Apache Kafka's metadata records, each the value of a log record. What this cannot read, a newer Ottla has written,
 * and going on without it would be wrong.
 */
import { ConfigRecord } from '../protocol/records/metadata/config.ts';
import { FeatureLevelRecord } from '../protocol/records/metadata/feature-level.ts';
import { PartitionRecord } from '../protocol/records/metadata/partition.ts';
import { PartitionChangeRecord } from '../protocol/records/metadata/partition-change.ts';
import { ProducerIdsRecord } from '../protocol/records/metadata/producer-ids.ts';
import { RegisterBrokerRecord } from '../protocol/records/metadata/register-broker.ts';
import { RemoveTopicRecord } from '../protocol/records/metadata/remove-topic.ts';
import { TopicRecord } from '../protocol/records/metadata/topic.ts';
import { decodeMetadataRecord, encodeMetadataRecord, metadataRecordType } from '../protocol/records/metadata-record.ts';
import type { ClusterRecord } from './cluster-record.ts';

/** The metadata log holds something that this version of Ottla does not know. */
export class UnknownClusterRecord extends Error {
  override readonly name = 'UnknownClusterRecord';
}

export function encodeClusterRecord(record: ClusterRecord): Uint8Array {
  switch (record.kind) {
    case 'registerBroker':
      return encodeMetadataRecord(RegisterBrokerRecord, 4, { ...record, fenced: false });
    case 'topic':
      return encodeMetadataRecord(TopicRecord, 0, record);
    case 'removeTopic':
      return encodeMetadataRecord(RemoveTopicRecord, 0, record);
    // Later versions of the partition records name a log directory per replica, which means nothing here.
    case 'partition':
      return encodeMetadataRecord(PartitionRecord, 0, record);
    case 'partitionChange':
      return encodeMetadataRecord(PartitionChangeRecord, 0, record);
    case 'config':
      return encodeMetadataRecord(ConfigRecord, 0, record);
    case 'producerIds':
      return encodeMetadataRecord(ProducerIdsRecord, 0, record);
    case 'featureLevel':
      return encodeMetadataRecord(FeatureLevelRecord, 0, record);
  }
}

/** Throws `UnknownClusterRecord`, and `MalformedMessage` for an unknown version or when the bytes are no record at all. */
export function decodeClusterRecord(bytes: Uint8Array): ClusterRecord {
  const type = metadataRecordType(bytes);
  switch (type) {
    case RegisterBrokerRecord.type:
      return { kind: 'registerBroker', ...decodeMetadataRecord(RegisterBrokerRecord, bytes) };
    case TopicRecord.type:
      return { kind: 'topic', ...decodeMetadataRecord(TopicRecord, bytes) };
    case RemoveTopicRecord.type:
      return { kind: 'removeTopic', ...decodeMetadataRecord(RemoveTopicRecord, bytes) };
    case PartitionRecord.type:
      return { kind: 'partition', ...decodeMetadataRecord(PartitionRecord, bytes) };
    case PartitionChangeRecord.type:
      return { kind: 'partitionChange', ...decodeMetadataRecord(PartitionChangeRecord, bytes) };
    case ConfigRecord.type:
      return { kind: 'config', ...decodeMetadataRecord(ConfigRecord, bytes) };
    case ProducerIdsRecord.type:
      return { kind: 'producerIds', ...decodeMetadataRecord(ProducerIdsRecord, bytes) };
    case FeatureLevelRecord.type:
      return { kind: 'featureLevel', ...decodeMetadataRecord(FeatureLevelRecord, bytes) };
    default:
      throw new UnknownClusterRecord(
        `a record of type ${type}, which Ottla does not write: is this a controller of Apache Kafka?`,
      );
  }
}
