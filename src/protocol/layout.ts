/**
 * A schema at one version: which of its fields are on the wire, how each is written, and what the absent ones are. Both
 * codecs are built from it, so a version rule is decided once. Reads and writes nothing itself.
 */
import { assert } from '../base/assert.ts';
import { type Field, includesVersion, type Message, type PrimitiveType, type Shape, versionRange } from './schema.ts';
import { UUID_BYTES, ZERO_UUID } from './uuid.ts';

export interface StructLayout {
  readonly kind: 'struct';
  /** Whether null may be written in place of the struct. */
  readonly nullable: boolean;
  /** Whether tagged fields end the struct. */
  readonly flexible: boolean;
  /** Every field of the schema, in its order, also those that this version lacks. */
  readonly fields: readonly FieldLayout[];
}

export interface FieldLayout {
  readonly name: string;
  readonly field: Field;
  /** Undefined: this version lacks the field. */
  readonly value: ValueLayout | undefined;
  readonly tag: number | undefined;
}

export interface ArrayLayout {
  readonly kind: 'array';
  readonly nullable: boolean;
  readonly flexible: boolean;
  readonly element: ValueLayout;
}

export interface PrimitiveLayout {
  readonly kind: PrimitiveType;
  readonly nullable: boolean;
  /** Whether lengths are varints. */
  readonly flexible: boolean;
}

export type ValueLayout = StructLayout | ArrayLayout | PrimitiveLayout;

export function layoutOf(message: Message, version: number): StructLayout {
  assert(includesVersion(message.versions, version), 'a message has no such version', {
    message: message.name,
    version,
  });
  return structLayout(message.shape, { version, flexible: version >= message.flexibleFrom, nullable: false });
}

/** The fields that are written one after the other. */
export function plainFields(layout: StructLayout): readonly PresentField[] {
  return layout.fields.filter((field): field is PresentField => field.value !== undefined && field.tag === undefined);
}

/** The fields that are written with their tags, in the order of tags. */
export function taggedFields(layout: StructLayout): readonly TaggedField[] {
  return layout.fields
    .filter((field): field is TaggedField => field.value !== undefined && field.tag !== undefined)
    .sort((left, right) => left.tag - right.tag);
}

export type PresentField = FieldLayout & { readonly value: ValueLayout };
export type TaggedField = PresentField & { readonly tag: number };

/** The least number of bytes that a value takes: what an array's count is checked against. */
export function bytesMin(layout: ValueLayout): number {
  switch (layout.kind) {
    case 'bool':
    case 'int8':
      return 1;
    case 'int16':
    case 'uint16':
      return 2;
    case 'int32':
      return 4;
    case 'int64':
    case 'bits64':
    case 'float64':
      return 8;
    case 'uuid':
      return UUID_BYTES;
    case 'string':
      return layout.flexible ? 1 : 2;
    case 'bytes':
    case 'records':
    case 'array':
      return layout.flexible ? 1 : 4;
    case 'struct': {
      if (layout.nullable) return 1;
      const fields = plainFields(layout).reduce((sum, field) => sum + bytesMin(field.value), 0);
      return fields + (layout.flexible ? 1 : 0);
    }
  }
}

/** What a field has when nothing is said. Made anew for every call, so that nobody shares it. */
export function defaultOf(field: Field): unknown {
  if (field.default !== undefined) return field.default;
  switch (field.type) {
    case 'bool':
      return false;
    case 'bits64':
      return 0n;
    case 'uuid':
      return ZERO_UUID;
    case 'string':
      return '';
    case 'bytes':
    case 'records':
      return new Uint8Array(0);
    case 'array':
      return [];
    case 'struct':
      return defaultsOf(field.shape ?? {});
    default:
      return 0;
  }
}

function defaultsOf(shape: Shape): Record<string, unknown> {
  return Object.fromEntries(Object.entries(shape).map(([name, field]) => [name, defaultOf(field)]));
}

/** Whether a value given to an encoder is the field's default: a tagged field is then not written. */
export function isDefault(field: Field, value: unknown): boolean {
  if (value === undefined) return true;
  if (value === null || field.default === null) return value === field.default;
  switch (field.type) {
    case 'struct': {
      // A struct is given as an object: the encoder's input type says so.
      const given = value as Record<string, unknown>;
      return Object.entries(field.shape ?? {}).every(([name, inner]) => isDefault(inner, given[name]));
    }
    case 'array':
    case 'bytes':
    case 'records':
      // All three are given as something with a length, and their only default besides null is the empty one.
      return (value as ArrayLike<unknown>).length === 0;
    default:
      return value === defaultOf(field);
  }
}

interface Context {
  readonly version: number;
  readonly flexible: boolean;
  readonly nullable: boolean;
}

function structLayout(shape: Shape, context: Context): StructLayout {
  return {
    kind: 'struct',
    nullable: context.nullable,
    flexible: context.flexible,
    fields: Object.entries(shape).map(([name, field]) => fieldLayout(name, field, context)),
  };
}

function fieldLayout(name: string, field: Field, { version, flexible }: Context): FieldLayout {
  const exists = field.versions === undefined || includesVersion(versionRange(field.versions), version);
  const nullable = field.nullable !== undefined && includesVersion(versionRange(field.nullable), version);
  const value = exists ? valueLayout(field, { version, flexible, nullable }) : undefined;
  return { name, field, value, tag: field.tag };
}

function valueLayout(field: Field, context: Context): ValueLayout {
  const { nullable, flexible } = context;
  if (field.type === 'struct') return structLayout(field.shape ?? {}, context);
  if (field.type !== 'array') return { kind: field.type, nullable, flexible };
  assert(field.element !== undefined, 'an array without an element type');
  return { kind: 'array', nullable, flexible, element: valueLayout(field.element, { ...context, nullable: false }) };
}
