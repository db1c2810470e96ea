/**
 * The bytes of the facts: Apache Kafka's metadata records, as the value of a log record: a frame version, the record's type and the version
 * of its layout, all varints, then the fields. What this cannot read, a newer Ottla has written, and going on without it would be wrong.
 */
import { Buffer } from 'node:buffer';
import { codecOf } from '../protocol/codec.ts';
import { Reader } from '../protocol/reader.ts';
import { ConfigRecord } from '../protocol/records/metadata/config.ts';
import { FeatureLevelRecord } from '../protocol/records/metadata/feature-level.ts';
import { PartitionRecord } from '../protocol/records/metadata/partition.ts';
import { PartitionChangeRecord } from '../protocol/records/metadata/partition-change.ts';
import { ProducerIdsRecord } from '../protocol/records/metadata/producer-ids.ts';
import { RegisterBrokerRecord } from '../protocol/records/metadata/register-broker.ts';
import { RemoveTopicRecord } from '../protocol/records/metadata/remove-topic.ts';
import { TopicRecord } from '../protocol/records/metadata/topic.ts';
import type { MetadataRecord } from '../protocol/records/metadata-record.ts';
import { type Decoded, type Input, includesVersion, type Shape } from '../protocol/schema.ts';
import { Writer } from '../protocol/writer.ts';
import type { ClusterRecord } from './cluster-record.ts';

const FRAME_VERSION = 1;

/** The metadata log holds something that this version of Ottla does not know. */
export class UnknownClusterRecord extends Error {
  override readonly name = 'UnknownClusterRecord';
}

export function encodeClusterRecord(record: ClusterRecord): Uint8Array {
  switch (record.kind) {
    case 'registerBroker':
      return write(RegisterBrokerRecord, 4, { ...record, fenced: false });
    case 'topic':
      return write(TopicRecord, 0, record);
    case 'removeTopic':
      return write(RemoveTopicRecord, 0, record);
    // Later versions of the partition records name a log directory per replica, which means nothing here.
    case 'partition':
      return write(PartitionRecord, 0, record);
    case 'partitionChange':
      return write(PartitionChangeRecord, 0, record);
    case 'config':
      return write(ConfigRecord, 0, record);
    case 'producerIds':
      return write(ProducerIdsRecord, 0, record);
    case 'featureLevel':
      return write(FeatureLevelRecord, 0, record);
  }
}

/** Throws `UnknownClusterRecord`, and `MalformedMessage` when the bytes are no record at all. */
export function decodeClusterRecord(bytes: Uint8Array): ClusterRecord {
  const reader = new Reader(bytes);
  const frameVersion = reader.uvarint();
  if (frameVersion !== FRAME_VERSION) throw new UnknownClusterRecord(`frame version ${frameVersion}`);
  const type = reader.uvarint();
  switch (type) {
    case RegisterBrokerRecord.type:
      return { kind: 'registerBroker', ...read(RegisterBrokerRecord, reader) };
    case TopicRecord.type:
      return { kind: 'topic', ...read(TopicRecord, reader) };
    case RemoveTopicRecord.type:
      return { kind: 'removeTopic', ...read(RemoveTopicRecord, reader) };
    case PartitionRecord.type:
      return { kind: 'partition', ...read(PartitionRecord, reader) };
    case PartitionChangeRecord.type:
      return { kind: 'partitionChange', ...read(PartitionChangeRecord, reader) };
    case ConfigRecord.type:
      return { kind: 'config', ...read(ConfigRecord, reader) };
    case ProducerIdsRecord.type:
      return { kind: 'producerIds', ...read(ProducerIdsRecord, reader) };
    case FeatureLevelRecord.type:
      return { kind: 'featureLevel', ...read(FeatureLevelRecord, reader) };
    default:
      throw new UnknownClusterRecord(`record type ${type}`);
  }
}

function write<S extends Shape>({ type, value }: MetadataRecord<S>, version: number, fields: Input<S>): Uint8Array {
  const writer = new Writer(64);
  writer.uvarint(FRAME_VERSION);
  writer.uvarint(type);
  writer.uvarint(version);
  codecOf(value, version).write(writer, fields);
  return Buffer.concat(writer.finish().parts);
}

function read<S extends Shape>({ value }: MetadataRecord<S>, reader: Reader): Decoded<S> {
  const version = reader.uvarint();
  if (!includesVersion(value.versions, version)) throw new UnknownClusterRecord(`version ${version} of ${value.name}`);
  return codecOf(value, version).read(reader);
}
