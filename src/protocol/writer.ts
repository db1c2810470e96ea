/**
 * Writes the primitives of the wire into a list of parts: small values into one growing buffer, record batches by
 * reference. Knows nothing of schemas. A value that has no place on the wire (a string of 40,000 bytes, null where null
 * is not allowed) is our own mistake and an assertion.
 */
import { Buffer } from 'node:buffer';
import { assert } from '../base/assert.ts';
import { writeInt16, writeInt32, writeInt64 } from '../base/big-endian.ts';
import { UUID_BYTES, ZERO_UUID } from './uuid.ts';

/** What was written: the parts in order, and how long they are together. */
export interface Encoded {
  readonly parts: readonly Uint8Array[];
  readonly bytes: number;
}

const STRING_BYTES_MAX = 0x7fff;
/** Up to here a string is tried as ASCII, byte by byte; beyond, the native encoder is faster. */
const SHORT_STRING = 32;
/** Shorter records are copied: a part of its own costs about as much as copying this many bytes. */
const REFERENCED_BYTES_MIN = 1024;

export class Writer {
  #buffer: Buffer;
  #position = 0;
  /** Where `#buffer` must be cut to put in the referenced parts, in order. */
  #cuts: number[] = [];
  #references: Uint8Array[] = [];
  #referencedBytes = 0;

  constructor(capacity = 256) {
    this.#buffer = Buffer.allocUnsafe(capacity);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#position + this.#referencedBytes;
  }

  bool(value: boolean): void {
    this.int8(value ? 1 : 0);
  }

  int8(value: number): void {
    const at = this.#grow(1);
    this.#buffer[at] = value;
  }

  /** Also unsigned. */
  int16(value: number): void {
    const at = this.#grow(2);
    writeInt16(this.#buffer, at, value);
  }

  /** Also unsigned. */
  int32(value: number): void {
    const at = this.#grow(4);
    writeInt32(this.#buffer, at, value);
  }

  int64(value: number): void {
    const at = this.#grow(8);
    writeInt64(this.#buffer, at, value);
  }

  bits64(value: bigint): void {
    const at = this.#grow(8);
    this.#buffer.writeBigInt64BE(value, at);
  }

  float64(value: number): void {
    const at = this.#grow(8);
    this.#buffer.writeDoubleBE(value, at);
  }

  uuid(value: string): void {
    const at = this.#grow(UUID_BYTES);
    if (value === ZERO_UUID) {
      this.#buffer.fill(0, at, at + UUID_BYTES);
      return;
    }
    assert(value.length === ZERO_UUID.length, 'a uuid does not have 22 characters', { value });
    const written = this.#buffer.write(value, at, UUID_BYTES, 'base64url');
    assert(written === UUID_BYTES, 'a uuid has characters outside of its alphabet', { value });
  }

  uvarint(value: number): void {
    let at = this.#grow(uvarintBytes(value));
    while (value > 0x7f) {
      this.#buffer[at++] = value | 0x80;
      value >>>= 7;
    }
    this.#buffer[at] = value;
  }

  string(value: string | null): void {
    if (value === null) {
      this.int16(-1);
      return;
    }
    const length = value.length;
    if (length <= SHORT_STRING) {
      const at = this.#grow(2 + length);
      if (putAscii(this.#buffer, at + 2, value)) {
        this.#buffer[at] = 0;
        this.#buffer[at + 1] = length;
        return;
      }
      this.#position = at;
    }
    const bytes = stringBytes(value);
    this.int16(bytes);
    this.#utf8(value, bytes);
  }

  compactString(value: string | null): void {
    if (value === null) {
      this.int8(0);
      return;
    }
    const length = value.length;
    if (length <= SHORT_STRING) {
      const at = this.#grow(1 + length);
      if (putAscii(this.#buffer, at + 1, value)) {
        this.#buffer[at] = length + 1;
        return;
      }
      this.#position = at;
    }
    const bytes = stringBytes(value);
    this.uvarint(bytes + 1);
    this.#utf8(value, bytes);
  }

  bytes(value: Uint8Array | null): void {
    this.int32(value === null ? -1 : value.length);
    if (value !== null) this.raw(value);
  }

  compactBytes(value: Uint8Array | null): void {
    this.uvarint(value === null ? 0 : value.length + 1);
    if (value !== null) this.raw(value);
  }

  records(value: Uint8Array | readonly Uint8Array[] | null): void {
    this.int32(value === null ? -1 : lengthOf(value));
    if (value !== null) this.#referAll(value);
  }

  compactRecords(value: Uint8Array | readonly Uint8Array[] | null): void {
    this.uvarint(value === null ? 0 : lengthOf(value) + 1);
    if (value !== null) this.#referAll(value);
  }

  /** −1 for a null array. */
  arrayCount(count: number): void {
    this.int32(count);
  }

  /** −1 for a null array. */
  compactArrayCount(count: number): void {
    this.uvarint(count + 1);
  }

  /** In front of a nullable struct. */
  structIsPresent(present: boolean): void {
    this.int8(present ? 1 : -1);
  }

  /** The same in front of a tagged struct, where Kafka writes a varint. */
  taggedStructIsPresent(present: boolean): void {
    this.uvarint(present ? 1 : 0);
  }

  /**
   * Begins a tagged field whose length is not known yet; hand what it answers to `endTagged`. Records cannot be part of
   * one.
   */
  beginTagged(tag: number): number {
    this.uvarint(tag);
    const at = this.#grow(1);
    return at;
  }

  /** Puts the length in front of what was written since `beginTagged`, which left one byte for it. */
  endTagged(at: number): void {
    const start = at + 1;
    const end = this.#position;
    const length = end - start;
    const extra = uvarintBytes(length) - 1;
    if (extra > 0) {
      this.#grow(extra);
      this.#buffer.copyWithin(start + extra, start, end);
    }
    this.#position = at;
    this.uvarint(length);
    this.#position = end + extra;
  }

  /** Copies bytes as they are, without a length. */
  raw(value: Uint8Array): void {
    const at = this.#grow(value.length);
    this.#buffer.set(value, at);
  }

  /** Overwrites four bytes that were written at `at`, before any referenced part. */
  setInt32(at: number, value: number): void {
    writeInt32(this.#buffer, at, value);
  }

  /** The writer must not be used afterwards. */
  finish(): Encoded {
    const bytes = this.length;
    const parts: Uint8Array[] = [];
    let from = 0;
    for (const [index, reference] of this.#references.entries()) {
      const cut = this.#cuts[index] ?? from;
      if (cut > from) parts.push(this.#buffer.subarray(from, cut));
      parts.push(reference);
      from = cut;
    }
    if (this.#position > from) parts.push(this.#buffer.subarray(from, this.#position));
    return { parts, bytes };
  }

  /** Everything in one piece. The writer must not be used afterwards. */
  toBytes(): Uint8Array {
    const { parts } = this.finish();
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
  }

  #referAll(value: Uint8Array | readonly Uint8Array[]): void {
    if (value instanceof Uint8Array) this.#refer(value);
    else for (const part of value) this.#refer(part);
  }

  #refer(part: Uint8Array): void {
    if (part.length < REFERENCED_BYTES_MIN) {
      this.raw(part);
      return;
    }
    this.#cuts.push(this.#position);
    this.#references.push(part);
    this.#referencedBytes += part.length;
  }

  #utf8(value: string, bytes: number): void {
    const at = this.#grow(bytes);
    this.#buffer.write(value, at, bytes, 'utf8');
  }

  /** Makes room for `count` bytes, moves past them, and answers where they begin. */
  #grow(count: number): number {
    const at = this.#position;
    const end = at + count;
    if (end > this.#buffer.length) this.#enlarge(end);
    this.#position = end;
    return at;
  }

  #enlarge(least: number): void {
    const larger = Buffer.allocUnsafe(Math.max(least, this.#buffer.length * 2));
    larger.set(this.#buffer.subarray(0, this.#position));
    this.#buffer = larger;
  }
}

/** How many bytes the varint of an unsigned 32-bit value takes. */
function uvarintBytes(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x20_0000) return 3;
  return value < 0x1000_0000 ? 4 : 5;
}

function stringBytes(value: string): number {
  const bytes = Buffer.byteLength(value);
  assert(bytes <= STRING_BYTES_MAX, 'a string is too long for the protocol', { bytes });
  return bytes;
}

function lengthOf(value: Uint8Array | readonly Uint8Array[]): number {
  if (value instanceof Uint8Array) return value.length;
  let bytes = 0;
  for (const part of value) bytes += part.length;
  return bytes;
}

/** False when `value` is not ASCII; what was put is then to be overwritten. */
function putAscii(buffer: Buffer, at: number, value: string): boolean {
  for (let index = 0; index < value.length; index++) {
    const code = value.charCodeAt(index);
    if (code > 0x7f) return false;
    buffer[at + index] = code;
  }
  return true;
}
