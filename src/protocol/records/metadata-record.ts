/**
 * The records of the metadata log: a frame version, the record's type and the version of its layout, all varints, then
 * the fields. They have no key.
 */
import { codecOf } from '../codec.ts';
import { MalformedMessage } from '../malformed-message.ts';
import { Reader } from '../reader.ts';
import {
  type DataInputOf,
  type DataOf,
  includesVersion,
  type Message,
  message,
  type Shape,
  type Versions,
} from '../schema.ts';
import { Writer } from '../writer.ts';

export interface MetadataRecord<Value extends Shape = Shape> {
  readonly type: number;
  readonly value: Message<Value>;
}

const FRAME_VERSION = 1;

export function metadataRecord<const Value extends Shape>(description: {
  type: number;
  name: string;
  versions: Versions;
  fields: Value;
}): MetadataRecord<Value> {
  const { name, versions, fields } = description;
  return { type: description.type, value: message({ name, versions, flexible: '0+', fields }) };
}

export function encodeMetadataRecord<R extends MetadataRecord>(
  record: R,
  version: number,
  value: DataInputOf<R['value']>,
): Uint8Array {
  const writer = new Writer();
  writer.uvarint(FRAME_VERSION);
  writer.uvarint(record.type);
  writer.uvarint(version);
  codecOf(record.value, version).write(writer, value);
  return writer.toBytes();
}

/** Which record these bytes are, by `MetadataRecord.type`. Throws `MalformedMessage`. */
export function metadataRecordType(bytes: Uint8Array): number {
  return readFrame(new Reader(bytes)).type;
}

/** `bytes` are of `record`'s type. Throws `MalformedMessage`, also for a version that a newer broker wrote. */
export function decodeMetadataRecord<R extends MetadataRecord>(record: R, bytes: Uint8Array): DataOf<R['value']> {
  const reader = new Reader(bytes);
  const { type, version } = readFrame(reader);
  if (type !== record.type) throw new MalformedMessage('a metadata record of another type', 0);
  if (!includesVersion(record.value.versions, version)) {
    throw new MalformedMessage('an unknown version of a metadata record', 0);
  }
  // The codec belongs to `record`, so what it reads has that record's types.
  return codecOf(record.value, version).read(reader) as DataOf<R['value']>;
}

function readFrame(reader: Reader): { type: number; version: number } {
  if (reader.uvarint() !== FRAME_VERSION) throw new MalformedMessage('an unknown frame of a metadata record', 0);
  return { type: reader.uvarint(), version: reader.uvarint() };
}
