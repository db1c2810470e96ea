/**
 * Texts and values: how the text of a setting is read (trimmed; `" 5 "` is a number) and how a value is shown, both exactly as Apache Kafka's
 * ConfigDef does it. Owns no setting and keeps nothing.
 */
import { unreachable } from '../base/assert.ts';
import { invalid } from './check.ts';
import { longMax, type Setting, type SettingType } from './setting.ts';

export type Parsed<Value> =
  | { readonly kind: 'value'; readonly value: Value }
  | { readonly kind: 'refused'; readonly message: string };

/** Reads `text` as `setting` asks: type first, then the check. The message of a refusal is Kafka's. */
export function parseSetting<Value>(name: string, setting: Setting<Value>, text: string): Parsed<Value> {
  const parsed = parseType(name, setting.type, text);
  if (parsed.kind === 'refused') return parsed;
  const { check } = setting;
  const value = check?.isOfSet === true && Array.isArray(parsed.value) ? [...new Set(parsed.value)] : parsed.value;
  const problem = check?.problem(name, value);
  if (problem !== undefined) return { kind: 'refused', message: problem };
  // The type of a setting and its Value are made together in `setting.ts`; the check has narrowed the choices.
  return { kind: 'value', value: value as Value };
}

/** The value in the words of DescribeConfigs. Null when there is none, and for what is secret. */
export function valueText(type: SettingType, value: unknown): string | null {
  if (value === undefined || value === null || type === 'password') return null;
  if (type === 'list' && Array.isArray(value)) return value.join(',');
  if (type === 'long' && typeof value === 'number') return longText(value);
  if (type === 'double' && typeof value === 'number') return doubleText(value);
  return String(value);
}

function parseType(name: string, type: SettingType, text: string): Parsed<unknown> {
  const trimmed = trim(text);
  switch (type) {
    case 'boolean':
      return booleanOf(trimmed) ?? refused(name, text, 'Expected value to be either true or false');
    case 'int':
      return integerOf(trimmed, -(2 ** 31), 2 ** 31 - 1) ?? refused(name, text, 'Not a number of type INT');
    case 'short':
      return integerOf(trimmed, -(2 ** 15), 2 ** 15 - 1) ?? refused(name, text, 'Not a number of type SHORT');
    case 'long':
      return longOf(trimmed) ?? refused(name, text, 'Not a number of type LONG');
    case 'double':
      return doubleOf(trimmed) ?? refused(name, text, 'Not a number of type DOUBLE');
    case 'list':
      return { kind: 'value', value: trimmed === '' ? [] : trimmed.split(/\s*,\s*/) };
    case 'string':
    case 'class':
    case 'password':
      return { kind: 'value', value: trimmed };
    default:
      return unreachable(type);
  }
}

function refused(name: string, text: string, why: string): Parsed<unknown> {
  return { kind: 'refused', message: invalid(name, text, why) };
}

/** Java's trim: everything up to the space character goes, and nothing else. */
function trim(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && text.charCodeAt(start) <= 0x20) start++;
  while (end > start && text.charCodeAt(end - 1) <= 0x20) end--;
  return text.slice(start, end);
}

function booleanOf(text: string): Parsed<boolean> | undefined {
  const lower = text.toLowerCase();
  return lower === 'true' || lower === 'false' ? { kind: 'value', value: lower === 'true' } : undefined;
}

function integerOf(text: string, min: number, max: number): Parsed<number> | undefined {
  if (!/^[+-]?\d+$/.test(text)) return undefined;
  const value = Number(text);
  return value >= min && value <= max ? { kind: 'value', value: value + 0 } : undefined;
}

/** int64 saturated at ±(2^53−1). What does not fit into 64 bits is no number. */
function longOf(text: string): Parsed<number> | undefined {
  if (!/^[+-]?\d{1,100}$/.test(text)) return undefined;
  const exact = BigInt(text.replace('+', ''));
  if (exact !== BigInt.asIntN(64, exact)) return undefined;
  return { kind: 'value', value: Math.max(-longMax, Math.min(longMax, Number(exact))) };
}

/** Decimal forms of Java's Double.parseDouble, with its optional suffix. */
function doubleOf(text: string): Parsed<number> | undefined {
  const special = /^([+-]?)(NaN|Infinity)$/.exec(text);
  if (special !== null) return { kind: 'value', value: Number(special[2]) * (special[1] === '-' ? -1 : 1) };
  const digits = text.replace(/[dDfF]$/, '');
  if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(digits)) return undefined;
  return { kind: 'value', value: Number(digits) };
}

function longText(value: number): string {
  if (value === longMax) return '9223372036854775807';
  if (value === -longMax) return '-9223372036854775808';
  return String(value);
}

/** Java's Double.toString: always a fraction, and an exponent from 10^7 on and below 10^-3. */
function doubleText(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e7 || size < 1e-3)) {
    const [digits = '', exponent = ''] = value.toExponential().split('e');
    return `${digits.includes('.') ? digits : `${digits}.0`}E${Number(exponent)}`;
  }
  return Number.isInteger(value) ? `${value}.0` : String(value);
}
