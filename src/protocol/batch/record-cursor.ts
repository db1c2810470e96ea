/**
 * Walks over the records of one batch (uncompressed bytes) without making an object per record: the fields tell of the record under the
 * cursor, keys and values are positions. It checks the structure as it goes, as strictly as Apache Kafka's reader.
 *
 *     length varint · attributes int8 · timestampDelta varlong · offsetDelta varint · key length varint, key · value length varint, value
 *     header count varint · per header: key length varint, key, value length varint, value
 *
 * All varints are zigzag. A negative key or value length means null.
 */
import { MalformedBatch } from './malformed-batch.ts';

const EMPTY = new Uint8Array(0);
const utf8 = new TextDecoder();
const TWO_28 = 268_435_456;

export class RecordCursor {
  readonly bytes: Uint8Array;
  /** Where the next record begins. */
  position: number;
  readonly #start: number;
  readonly #end: number;

  /** Relative to the base timestamp; saturated at ±(2^53 − 1). */
  timestampDelta = 0;
  offsetDelta = 0;
  /** Where what follows the timestamp begins: it goes on to the end of the record. */
  offsetDeltaStart = 0;
  attributes = 0;
  keyStart = 0;
  keyLength = 0;
  valueStart = 0;
  valueLength = 0;
  headerCount = 0;
  headersStart = 0;

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.bytes = bytes;
    this.position = start;
    this.#start = start;
    this.#end = end;
  }

  /** Back to before the first record. */
  rewind(): void {
    this.position = this.#start;
  }

  /** The bytes of all records, one after the other. */
  get bytesOfAll(): Uint8Array {
    return this.bytes.subarray(this.#start, this.#end);
  }

  get atEnd(): boolean {
    return this.position >= this.#end;
  }

  /** Goes to the next record. Throws MalformedBatch when there is none, or when what is there is no record. */
  next(): void {
    if (!this.#nextShort()) this.#nextAny();
  }

  /**
   * The usual record, without headers and with numbers of at most two bytes, read with the position in a local variable: a third less CPU per record
   * (15 instead of 22 ns at 100 bytes). False: it is another kind, or broken; nothing has moved then.
   */
  #nextShort(): boolean {
    const { bytes } = this;
    let at = this.position;
    const length = shortVarint(bytes, at);
    at += shortVarintBytes(length);
    const recordEnd = at + fromZigzag(length);
    const attributesAt = at;
    const timestampDelta = shortVarint(bytes, at + 1);
    at += 1 + shortVarintBytes(timestampDelta);
    const offsetDeltaStart = at;
    const offsetDelta = shortVarint(bytes, at);
    at += shortVarintBytes(offsetDelta);
    const key = shortVarint(bytes, at);
    const keyStart = at + shortVarintBytes(key);
    const keyLength = fromZigzag(key);
    at = keyStart + Math.max(0, keyLength);
    const value = shortVarint(bytes, at);
    const valueStart = at + shortVarintBytes(value);
    const valueLength = fromZigzag(value);
    at = valueStart + Math.max(0, valueLength);
    const isShort = (length | timestampDelta | offsetDelta | key | value) >= 0;
    if (!isShort || bytes[at] !== 0 || at + 1 !== recordEnd || recordEnd > this.#end) return false;
    this.attributes = bytes[attributesAt] ?? 0;
    this.timestampDelta = fromZigzag(timestampDelta);
    this.offsetDelta = fromZigzag(offsetDelta);
    this.offsetDeltaStart = offsetDeltaStart;
    this.keyStart = keyStart;
    this.keyLength = keyLength;
    this.valueStart = valueStart;
    this.valueLength = valueLength;
    this.headerCount = 0;
    this.headersStart = recordEnd;
    this.position = recordEnd;
    return true;
  }

  #nextAny(): void {
    const length = this.varint();
    const recordEnd = this.position + length;
    if (length < 0 || recordEnd > this.#end) throw new MalformedBatch('record', 'a record is longer than its batch');
    this.attributes = this.bytes[this.position] ?? 0;
    this.position += 1;
    this.timestampDelta = this.#varlong();
    this.offsetDeltaStart = this.position;
    this.offsetDelta = this.varint();
    this.keyLength = this.varint();
    this.keyStart = this.position;
    if (this.keyLength > 0) this.position += this.keyLength;
    this.valueLength = this.varint();
    this.valueStart = this.position;
    if (this.valueLength > 0) this.position += this.valueLength;
    this.headerCount = this.varint();
    this.headersStart = this.position;
    if (this.headerCount !== 0) this.#skipHeaders(recordEnd);
    if (this.position !== recordEnd) throw new MalformedBatch('record', 'a record is not as long as it says');
  }

  #skipHeaders(recordEnd: number): void {
    if (this.headerCount < 0 || this.headerCount > recordEnd - this.position) {
      throw new MalformedBatch('record', 'a record has an impossible number of headers');
    }
    for (let index = 0; index < this.headerCount; index += 1) {
      const keyLength = this.varint();
      if (keyLength < 0) throw new MalformedBatch('record', 'a header has no key');
      this.position += keyLength;
      const valueLength = this.varint();
      if (valueLength > 0) this.position += valueLength;
    }
  }

  /** The headers of the record under the cursor. */
  headers(): { key: string; value: Uint8Array | null }[] {
    const after = this.position;
    this.position = this.headersStart;
    const headers: { key: string; value: Uint8Array | null }[] = [];
    for (let index = 0; index < this.headerCount; index += 1) {
      const key = this.#take(this.varint()) ?? EMPTY;
      headers.push({ key: utf8.decode(key), value: this.#take(this.varint()) });
    }
    this.position = after;
    return headers;
  }

  #take(length: number): Uint8Array | null {
    if (length < 0) return null;
    this.position += length;
    return this.bytes.subarray(this.position - length, this.position);
  }

  /** Beyond the end it reads zeros; the comparison with the record's end finds that out. */
  varint(): number {
    const first = this.bytes[this.position] ?? 0;
    this.position += 1;
    if (first < 0x80) return (first >>> 1) ^ -(first & 1);
    let value = first & 0x7f;
    for (let shift = 7; shift < 35; shift += 7) {
      const byte = this.bytes[this.position] ?? 0;
      this.position += 1;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1);
    }
    throw new MalformedBatch('record', 'a varint has more than five bytes');
  }

  #varlong(): number {
    const first = this.bytes[this.position] ?? 0;
    this.position += 1;
    if (first < 0x80) return (first >>> 1) ^ -(first & 1);
    let low = first & 0x7f;
    for (let shift = 7; shift < 28; shift += 7) {
      const byte = this.bytes[this.position] ?? 0;
      this.position += 1;
      low |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (low >>> 1) ^ -(low & 1);
    }
    return this.#longVarlong(low);
  }

  /** The fifth to tenth byte, in floating point: bits above 2^53 are lost, which saturation hides. */
  #longVarlong(low: number): number {
    let high = 0;
    let scale = 1;
    for (let index = 4; index < 10; index += 1) {
      const byte = this.bytes[this.position] ?? 0;
      this.position += 1;
      high += (byte & 0x7f) * scale;
      scale *= 128;
      if (byte < 0x80) {
        const magnitude = Math.min(high * (TWO_28 / 2) + (low >>> 1), Number.MAX_SAFE_INTEGER);
        return (low & 1) === 0 ? magnitude : Math.max(-magnitude - 1, Number.MIN_SAFE_INTEGER);
      }
    }
    throw new MalformedBatch('record', 'a varint has more than ten bytes');
  }
}

/** The bits of a varint of one or two bytes, still zigzag; -1 when it has more, or more than it needs. */
function shortVarint(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return first;
  const second = bytes[at + 1] ?? 0;
  return second < 0x80 && second > 0 ? (first & 0x7f) | (second << 7) : -1;
}

function shortVarintBytes(bits: number): number {
  return bits < 0x80 ? 1 : 2;
}

function fromZigzag(bits: number): number {
  return (bits >>> 1) ^ -(bits & 1);
}
