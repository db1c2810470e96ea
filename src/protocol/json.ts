/**
 * Messages as JSON, the way Kafka's own converters write them: what the recorded vectors and scenarios hold. Bytes are
 * base64; an int64 beyond ±(2^53 − 1) is a string (and read as the nearest of the two); fields that the version lacks
 * are absent, and so is a tagged field at its default. For tests and tools, never for serving.
 */
import { Buffer } from 'node:buffer';
import { assert } from '../base/assert.ts';
import { defaultOf, isDefault, layoutOf, type StructLayout, type ValueLayout } from './layout.ts';
import type { Input, Message, Shape } from './schema.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** `value` may be decoded or made for an encoder. */
export function toJson<S extends Shape>(message: Message<S>, version: number, value: Input<S>): Json {
  return structToJson(layoutOf(message, version), value);
}

/** The input for an encoder; names that the message does not have are an assertion. */
export function fromJson<S extends Shape>(message: Message<S>, version: number, json: Json): Input<S> {
  // Built field by field from the message's own schema.
  return structFromJson(layoutOf(message, version), json) as Input<S>;
}

function structToJson(layout: StructLayout, value: object): Json {
  // A struct is given as an object: the types of schema.ts say so.
  const struct = value as Record<string, unknown>;
  const json: Record<string, Json> = {};
  for (const { name, field, value: present, tag } of layout.fields) {
    if (present === undefined) continue;
    const given = struct[name];
    if (tag !== undefined && isDefault(field, given)) continue;
    json[name] = valueToJson(present, given === undefined ? defaultOf(field) : given);
  }
  return json;
}

function valueToJson(layout: ValueLayout, value: unknown): Json {
  if (value === null) return null;
  // The casts follow from the kind of the field.
  switch (layout.kind) {
    case 'struct':
      return structToJson(layout, value as object);
    case 'array':
      return (value as readonly unknown[]).map((element) => valueToJson(layout.element, element));
    case 'bytes':
    case 'records':
      return base64Of(value as Uint8Array | readonly Uint8Array[]);
    case 'bits64':
      return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
    default:
      return value as boolean | number | string;
  }
}

function structFromJson(layout: StructLayout, json: Json): Record<string, unknown> {
  assert(typeof json === 'object' && json !== null && !Array.isArray(json), 'a struct that is no JSON object', {
    json,
  });
  const given = json as { readonly [name: string]: Json };
  const known = new Set(layout.fields.filter((field) => field.value !== undefined).map((field) => field.name));
  for (const name of Object.keys(given)) assert(known.has(name), 'a field that this version does not have', { name });
  const struct: Record<string, unknown> = {};
  for (const { name, value } of layout.fields) {
    const present = given[name];
    if (value !== undefined && present !== undefined) struct[name] = valueFromJson(value, present);
  }
  return struct;
}

function valueFromJson(layout: ValueLayout, json: Json): unknown {
  if (json === null) return null;
  switch (layout.kind) {
    case 'struct':
      return structFromJson(layout, json);
    case 'array':
      assert(Array.isArray(json), 'an array that is no JSON array', { json });
      return json.map((element: Json) => valueFromJson(layout.element, element));
    case 'bytes':
    case 'records':
      return Buffer.from(String(json), 'base64');
    case 'bits64':
      return BigInt(json as string | number);
    case 'int64':
      return saturated(Number(json));
    default:
      return json;
  }
}

function base64Of(value: Uint8Array | readonly Uint8Array[]): string {
  return Buffer.concat(value instanceof Uint8Array ? [value] : value).toString('base64');
}

function saturated(value: number): number {
  return Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, value));
}
