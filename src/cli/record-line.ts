/** Reads one line of input as a record: plain text, key and value around a separator, or a JSON object. Pure. */
import type { MessageToProduce } from '@platformatic/kafka';
import { CommandFailure, ExitCode } from './exit-code.ts';
import type { Assignment } from './values.ts';

export interface LineFormat {
  readonly topic: string;
  /** Undefined: chosen from the key. */
  readonly partition: number | undefined;
  /** Of every record; those of a JSON line come on top. */
  readonly headers: readonly Assignment[];
  readonly keySeparator: string | undefined;
  readonly isJson: boolean;
}

/** `number` is the line's, for the refusal. */
export function recordOfLine(text: string, number: number, format: LineFormat): MessageToProduce {
  if (format.isJson) return jsonRecord(text, number, format);
  const { keySeparator } = format;
  if (keySeparator === undefined) return record(format, { value: text });
  const at = text.indexOf(keySeparator);
  if (at < 0) throw bad(number, `has no "${keySeparator}" between key and value`);
  return record(format, { key: text.slice(0, at), value: text.slice(at + keySeparator.length) });
}

interface RecordParts {
  readonly key?: string | undefined;
  /** Undefined: a tombstone. */
  readonly value?: string | undefined;
  readonly headers?: readonly (readonly [string, string])[];
  readonly partition?: number | undefined;
  readonly timestamp?: number | undefined;
}

function record(format: LineFormat, parts: RecordParts): MessageToProduce {
  const partition = parts.partition ?? format.partition;
  const common = format.headers.map(({ name, value }) => [name, value] as const);
  const headers = [...common, ...(parts.headers ?? [])].map(([name, value]): [Buffer, Buffer] => [
    Buffer.from(name),
    Buffer.from(value),
  ]);
  return {
    topic: format.topic,
    ...(parts.key === undefined ? {} : { key: Buffer.from(parts.key) }),
    ...(parts.value === undefined ? {} : { value: Buffer.from(parts.value) }),
    ...(headers.length === 0 ? {} : { headers: new Map(headers) }),
    ...(partition === undefined ? {} : { partition }),
    ...(parts.timestamp === undefined ? {} : { timestamp: BigInt(parts.timestamp) }),
  };
}

const fields = ['key', 'value', 'headers', 'partition', 'timestamp', 'topic', 'offset'];

/** `topic` and `offset` are let pass, so that what `consume --json` printed can be produced again. */
function jsonRecord(text: string, number: number, format: LineFormat): MessageToProduce {
  const object = parseObject(text, number);
  const unknown = Object.keys(object).find((name) => !fields.includes(name));
  if (unknown !== undefined) throw bad(number, `has an unknown field "${unknown}"`);
  const { headers = {} } = object;
  if (!isObject(headers)) throw bad(number, 'has headers that are no object');
  return record(format, {
    key: textOf(object['key']),
    value: textOf(object['value']),
    headers: Object.entries(headers).map(([name, value]) => [name, textOf(value) ?? ''] as const),
    partition: wholeNumberOf(object['partition'], 'partition', number),
    timestamp: wholeNumberOf(object['timestamp'], 'timestamp', number),
  });
}

function parseObject(text: string, number: number): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw bad(number, 'is not JSON', error);
  }
  if (!isObject(value)) throw bad(number, 'is no JSON object');
  return value;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A text as it is, anything else as JSON; null and absent are no bytes at all. */
function textOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function wholeNumberOf(value: unknown, field: string, number: number): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'number' || !Number.isSafeInteger(value))
    throw bad(number, `has a ${field} that is no whole number`);
  return value;
}

function bad(number: number, what: string, cause?: unknown): CommandFailure {
  return new CommandFailure(ExitCode.USAGE, `line ${number} ${what}`, cause);
}
