/**
 * The records of the metadata log: a frame version, the record's type and the version of its layout, all varints, then the fields. They have no key.
 */
import { type Message, message, type Shape, type Versions } from '../schema.ts';

export interface MetadataRecord<Value extends Shape = Shape> {
  readonly type: number;
  readonly value: Message<Value>;
}

export function metadataRecord<const Value extends Shape>(description: {
  type: number;
  name: string;
  versions: Versions;
  fields: Value;
}): MetadataRecord<Value> {
  const { name, versions, fields } = description;
  return { type: description.type, value: message({ name, versions, flexible: '0+', fields }) };
}
