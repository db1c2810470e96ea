/**
 * The records of coordinators (`__consumer_offsets`, `__transaction_state`, `__share_group_state`): a key, whose first
 * two bytes are the record's type, and a value, whose first two bytes are the version of its layout. A null value is a
 * tombstone.
 */
import { readInt16 } from '../../base/big-endian.ts';
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

export interface CoordinatorRecord<Key extends Shape = Shape, Value extends Shape = Shape> {
  readonly type: number;
  readonly name: string;
  /** Keys have one version, 0: two layouts of one key would be two different keys. */
  readonly key: Message<Key>;
  readonly value: Message<Value>;
}

/** What the key of a record decodes to. */
export type KeyOf<R extends CoordinatorRecord> = DataOf<R['key']>;
/** What the value of a record decodes to. */
export type ValueOf<R extends CoordinatorRecord> = DataOf<R['value']>;
/** What the value of a record is encoded from. */
export type ValueInputOf<R extends CoordinatorRecord> = DataInputOf<R['value']>;

export function coordinatorRecord<const Key extends Shape, const Value extends Shape>(description: {
  type: number;
  name: string;
  key: Key;
  value: { versions: Versions; flexible: Versions; fields: Value };
}): CoordinatorRecord<Key, Value> {
  const { type, name } = description;
  return {
    type,
    name,
    key: message({ name: `${name}Key`, versions: '0', flexible: 'none', fields: description.key }),
    value: message({ name: `${name}Value`, ...description.value }),
  };
}

export function encodeKey<R extends CoordinatorRecord>(record: R, key: KeyOf<R>): Uint8Array {
  const writer = new Writer();
  writer.int16(record.type);
  codecOf(record.key, 0).write(writer, key);
  return writer.toBytes();
}

export function encodeValue<R extends CoordinatorRecord>(
  record: R,
  version: number,
  value: ValueInputOf<R>,
): Uint8Array {
  const writer = new Writer();
  writer.int16(version);
  codecOf(record.value, version).write(writer, value);
  return writer.toBytes();
}

/** The type of a record by its key; −1 for a key too short to have one. */
export function recordTypeOf(key: Uint8Array): number {
  return key.length < 2 ? -1 : readInt16(key, 0);
}

/** `key` is of `record`'s type. Throws `MalformedMessage`. */
export function decodeKey<R extends CoordinatorRecord>(record: R, key: Uint8Array): KeyOf<R> {
  const reader = new Reader(key);
  if (reader.int16() !== record.type) throw new MalformedMessage('a record key of another type', 0);
  // The codec belongs to `record`, so what it reads has that record's types.
  return codecOf(record.key, 0).read(reader) as KeyOf<R>;
}

/** Throws `MalformedMessage`, also for a version that a newer broker wrote. */
export function decodeValue<R extends CoordinatorRecord>(record: R, value: Uint8Array): ValueOf<R> {
  const reader = new Reader(value);
  const version = reader.int16();
  if (!includesVersion(record.value.versions, version)) throw new MalformedMessage('an unknown version of a record', 0);
  // As above.
  return codecOf(record.value, version).read(reader) as ValueOf<R>;
}
