/**
 * Builds the reader and the writer of a layout from closures: for runtimes that forbid code from strings, and as the
 * oracle against which the compiled codec is tested. Plain rather than fast.
 */
import { assert } from '../base/assert.ts';
import type { Codec } from './codec-type.ts';
import {
  type ArrayLayout,
  bytesMin,
  defaultOf,
  isDefault,
  type PresentField,
  plainFields,
  type StructLayout,
  taggedFields,
  type ValueLayout,
} from './layout.ts';
import { countMethod, readMethod, writeMethod } from './primitive-methods.ts';
import type { Reader } from './reader.ts';
import type { Writer } from './writer.ts';

type Read = (reader: Reader) => unknown;
type Write = (writer: Writer, value: unknown) => void;
type Struct = Record<string, unknown>;

export function closureCodec(layout: StructLayout): Codec<unknown, unknown> {
  return { read: structReader(layout), write: structWriter(layout) };
}

function valueReader(layout: ValueLayout): Read {
  if (layout.kind === 'struct') return structReader(layout);
  if (layout.kind === 'array') return arrayReader(layout);
  const method = readMethod(layout);
  return (reader) => reader[method]();
}

function structReader(layout: StructLayout): Read {
  const defaults = layout.fields.map(({ name, field }) => ({ name, field }));
  const plain = plainFields(layout).map((field) => ({ name: field.name, read: fieldReader(field) }));
  const tagged = new Map(
    taggedFields(layout).map((field) => [field.tag, { name: field.name, read: fieldReader(field) }]),
  );
  return (reader) => {
    const struct: Struct = {};
    for (const { name, field } of defaults) struct[name] = defaultOf(field);
    for (const { name, read } of plain) struct[name] = read(reader);
    if (!layout.flexible) return struct;
    for (let count = reader.uvarint(); count > 0; count--) {
      const field = tagged.get(reader.uvarint());
      const end = reader.taggedEnd();
      if (field === undefined) reader.skipTo(end);
      else struct[field.name] = field.read(reader);
      reader.expectPosition(end);
    }
    return struct;
  };
}

/** Reads a field with what stands in front of a nullable struct. */
function fieldReader({ value, tag }: PresentField): Read {
  const read = valueReader(value);
  if (value.kind !== 'struct' || !value.nullable) return read;
  const isPresent = tag === undefined ? 'structIsPresent' : 'taggedStructIsPresent';
  return (reader) => (reader[isPresent]() ? read(reader) : null);
}

function arrayReader(layout: ArrayLayout): Read {
  const count = countMethod(layout);
  const elementBytesMin = bytesMin(layout.element);
  const read = valueReader(layout.element);
  return (reader) => {
    const length = reader[count](elementBytesMin);
    if (length < 0) return null;
    return Array.from({ length }, () => read(reader));
  };
}

function valueWriter(layout: ValueLayout): Write {
  if (layout.kind === 'struct') return structWriter(layout);
  if (layout.kind === 'array') return arrayWriter(layout);
  // The schema gives the method and the type of the values, so they fit.
  const method = writeMethod(layout) as 'bits64';
  return (writer, value) => writer[method](value as bigint);
}

function structWriter(layout: StructLayout): Write {
  const plain = plainFields(layout).map((field) => ({ ...field, write: fieldWriter(field) }));
  const tagged = taggedFields(layout).map((field) => ({ ...field, write: fieldWriter(field) }));
  return (writer, value) => {
    // A struct is given as an object: the encoder's input type says so.
    const struct = value as Struct;
    for (const { name, field, write } of plain) {
      const given = struct[name];
      write(writer, given === undefined ? defaultOf(field) : given);
    }
    if (!layout.flexible) return;
    const present = tagged.filter(({ name, field }) => !isDefault(field, struct[name]));
    writer.uvarint(present.length);
    for (const { name, tag, write } of present) {
      const at = writer.beginTagged(tag);
      write(writer, struct[name]);
      writer.endTagged(at);
    }
  };
}

/** Writes a field with what stands in front of a nullable struct. */
function fieldWriter({ name, value, tag }: PresentField): Write {
  const write = valueWriter(value);
  if (!value.nullable) {
    return (writer, given) => {
      assert(given !== null, 'null in a field that cannot be null in this version', { field: name });
      write(writer, given);
    };
  }
  if (value.kind !== 'struct') return write;
  const isPresent = tag === undefined ? 'structIsPresent' : 'taggedStructIsPresent';
  return (writer, given) => {
    writer[isPresent](given !== null);
    if (given !== null) write(writer, given);
  };
}

function arrayWriter(layout: ArrayLayout): Write {
  const method = layout.flexible ? 'compactArrayCount' : 'arrayCount';
  const write = valueWriter(layout.element);
  return (writer, value) => {
    // An array is given as an array: the encoder's input type says so.
    const list = value as readonly unknown[] | null;
    writer[method](list === null ? -1 : list.length);
    for (const element of list ?? []) write(writer, element);
  };
}
