/** Bytes in scenarios: printable ASCII is a text, all else `{"$hex": …}`; `{"$repeat": n}` is n times the letter x. */
import type { Json } from '../src/protocol/json.ts';
import { fieldOf } from './pointer.ts';

const REPEATED = 'x';
const REPEAT_MIN = 100;

export function bytesFromJson(json: Json): Uint8Array | null {
  if (json === null) return null;
  if (typeof json === 'string') return Buffer.from(json);
  const hex = fieldOf(json, '$hex');
  if (typeof hex === 'string') return Buffer.from(hex.replaceAll(/\s/g, ''), 'hex');
  const count = fieldOf(json, '$repeat');
  if (typeof count === 'number') return Buffer.alloc(count, REPEATED);
  throw new Error(`bytes are a text, {"$hex"} or {"$repeat"}, not ${JSON.stringify(json)}`);
}

export function bytesToJson(bytes: Uint8Array | null): Json {
  if (bytes === null) return null;
  const isPrintable = bytes.every((byte) => byte >= 0x20 && byte <= 0x7e);
  return isPrintable ? Buffer.from(bytes).toString('ascii') : { $hex: Buffer.from(bytes).toString('hex') };
}

/** As record values are written: long runs of the letter x as a count. */
export function valueToJson(bytes: Uint8Array | null): Json {
  const isRun = bytes !== null && bytes.length >= REPEAT_MIN && bytes.every((byte) => byte === REPEATED.charCodeAt(0));
  return isRun ? { $repeat: bytes.length } : bytesToJson(bytes);
}
