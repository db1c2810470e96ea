/** Requests from a scenario's JSON and answers to it, with our own codec. Left-out request fields have their defaults; answers have every field of their version. */
import { apis } from '../src/protocol/apis.ts';
import { codecOf } from '../src/protocol/codec.ts';
import {
  isFlexibleRequest,
  isFlexibleResponseHeader,
  readResponseHeader,
  writeRequestHeader,
} from '../src/protocol/headers.ts';
import type { Json } from '../src/protocol/json.ts';
import { layoutOf, type StructLayout, type ValueLayout } from '../src/protocol/layout.ts';
import { Reader } from '../src/protocol/reader.ts';
import type { Api } from '../src/protocol/schema.ts';
import { Writer } from '../src/protocol/writer.ts';
import { bytesFromJson, bytesToJson } from './bytes.ts';
import { fieldOf, isArray } from './pointer.ts';
import { recordDataFromJson, recordDataToJson } from './record-data.ts';
import type { Step } from './scenario.ts';

export function apiNamed(name: string): Api {
  const api = apis.find((candidate) => candidate.name === name);
  if (api === undefined) throw new Error(`there is no API ${name}`);
  return api;
}

/** The frame of a step's request, with its length in front, and wrong where the step wants it wrong. Variables are filled in before. */
export function requestFrame(step: Step, correlationId: number): Uint8Array {
  const api = apiNamed(step.api ?? '');
  const version = step.version ?? 0;
  const bodyVersion = step.bodyVersion ?? version;
  const isFlexible = step.headerVersion === undefined ? isFlexibleRequest(api, bodyVersion) : step.headerVersion === 2;
  const clientId = step.clientId === undefined ? 'recorder' : step.clientId;
  const writer = new Writer();
  const apiKey = step.apiKey ?? api.key;
  writeRequestHeader(writer, { apiKey, apiVersion: version, correlationId, clientId }, isFlexible);
  const body = structFromJson(layoutOf(api.request, bodyVersion), step.request ?? {});
  codecOf(api.request, bodyVersion).write(writer, body);
  const parts = [Buffer.from(writer.toBytes()), Buffer.from(step.appendHex ?? '', 'hex')];
  const whole = Buffer.concat(parts);
  const payload = whole.subarray(0, whole.length - (step.truncate ?? 0));
  const length = Buffer.alloc(4);
  length.writeInt32BE(payload.length + (step.lengthDelta ?? 0));
  return Buffer.concat([length, payload]);
}

/** Throws when the answer is not exactly one response of that API and version. */
export function responseJson(step: Step, frame: Uint8Array): Json {
  const api = apiNamed(step.api ?? '');
  const version = step.responseVersion ?? step.bodyVersion ?? step.version ?? 0;
  const reader = new Reader(frame);
  readResponseHeader(reader, isFlexibleResponseHeader(api, version));
  const body = codecOf(api.response, version).read(reader);
  if (reader.remaining > 0) throw new Error(`${reader.remaining} bytes follow the response`);
  return structToJson(layoutOf(api.response, version), body);
}

function structFromJson(layout: StructLayout, json: Json): Record<string, unknown> {
  if (json === null || typeof json !== 'object' || isArray(json))
    throw new Error(`not an object: ${JSON.stringify(json)}`);
  const present = layout.fields.filter((field) => field.value !== undefined);
  const unknown = Object.keys(json).filter((name) => !present.some((field) => field.name === name));
  if (unknown.length > 0) throw new Error(`this version has no ${unknown.join(', ')}`);
  const struct: Record<string, unknown> = {};
  for (const { name, value } of present) {
    const given = fieldOf(json, name);
    if (value === undefined) continue;
    if (given !== undefined) struct[name] = valueFromJson(value, given);
    else if (value.kind === 'records') struct[name] = null;
  }
  return struct;
}

function valueFromJson(layout: ValueLayout, json: Json): unknown {
  if (json === null) return null;
  switch (layout.kind) {
    case 'struct':
      return structFromJson(layout, json);
    case 'array':
      if (!isArray(json)) throw new Error(`not an array: ${JSON.stringify(json)}`);
      return json.map((element) => valueFromJson(layout.element, element));
    case 'bytes':
      return bytesFromJson(json);
    case 'records':
      return recordDataFromJson(json);
    case 'int64':
      return Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, Number(json)));
    default:
      return json;
  }
}

function structToJson(layout: StructLayout, value: object): Json {
  // What a codec decodes has the fields of its layout.
  const struct = value as Readonly<Record<string, unknown>>;
  const json: Record<string, Json> = {};
  for (const field of layout.fields) {
    if (field.value !== undefined) json[field.name] = valueToJson(field.value, struct[field.name]);
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
      return bytesToJson(value as Uint8Array);
    case 'records':
      return recordDataToJson(value as Uint8Array);
    default:
      return value as Json;
  }
}
