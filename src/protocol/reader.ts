/**
 * Reads the primitives of the wire from one frame. Owns the bounds: nothing is read beyond the frame, a length is
 * checked before anything is taken, a count before anything is made. Every refusal is a `MalformedMessage`. Knows
 * nothing of schemas.
 *
 * Byte strings come out as views of the frame; who keeps one beyond the request keeps the whole frame alive.
 */
import { Buffer } from 'node:buffer';
import { readInt8, readInt16, readInt32, readInt64 } from '../base/big-endian.ts';
import { limits } from '../base/limits.ts';
import { MalformedMessage } from './malformed-message.ts';
import { UUID_BYTES } from './uuid.ts';

/** Kafka refuses longer strings in either encoding. */
const STRING_BYTES_MAX = 0x7fff;

export class Reader {
  readonly #bytes: Buffer;
  readonly #end: number;
  #position: number;
  #elementsLeft: number = limits.elementsPerMessage;

  /** Begins at `position`, counted from the frame's first byte. */
  constructor(frame: Uint8Array, position = 0) {
    this.#bytes = Buffer.isBuffer(frame) ? frame : Buffer.from(frame.buffer, frame.byteOffset, frame.length);
    this.#end = frame.length;
    this.#position = position;
  }

  get position(): number {
    return this.#position;
  }

  get remaining(): number {
    return this.#end - this.#position;
  }

  bool(): boolean {
    return this.int8() !== 0;
  }

  int8(): number {
    return readInt8(this.#bytes, this.#take(1));
  }

  int16(): number {
    return readInt16(this.#bytes, this.#take(2));
  }

  uint16(): number {
    return this.int16() & 0xffff;
  }

  int32(): number {
    return readInt32(this.#bytes, this.#take(4));
  }

  /** Saturates at ±(2^53 − 1). */
  int64(): number {
    return readInt64(this.#bytes, this.#take(8));
  }

  bits64(): bigint {
    return this.#bytes.readBigInt64BE(this.#take(8));
  }

  float64(): number {
    return this.#bytes.readDoubleBE(this.#take(8));
  }

  uuid(): string {
    const at = this.#take(UUID_BYTES);
    return this.#bytes.toString('base64url', at, at + UUID_BYTES);
  }

  /** At most five bytes; bits beyond the 32nd are lost, as in Kafka. */
  uvarint(): number {
    let byte = this.int8();
    if (byte >= 0) return byte;
    let value = byte & 0x7f;
    for (let shift = 7; shift <= 28; shift += 7) {
      byte = this.int8();
      value |= (byte & 0x7f) << shift;
      if (byte >= 0) return value >>> 0;
    }
    throw new MalformedMessage('a varint is longer than 5 bytes', this.#position);
  }

  string(): string {
    return this.#stringOf(this.#present(this.int16()));
  }

  nullableString(): string | null {
    const length = this.int16();
    return length < 0 ? null : this.#stringOf(length);
  }

  compactString(): string {
    return this.#stringOf(this.#present(this.#compactLength()));
  }

  compactNullableString(): string | null {
    const length = this.#compactLength();
    return length < 0 ? null : this.#stringOf(length);
  }

  bytes(): Uint8Array {
    return this.#viewOf(this.#present(this.int32()));
  }

  nullableBytes(): Uint8Array | null {
    const length = this.int32();
    return length < 0 ? null : this.#viewOf(length);
  }

  compactBytes(): Uint8Array {
    return this.#viewOf(this.#present(this.#compactLength()));
  }

  compactNullableBytes(): Uint8Array | null {
    const length = this.#compactLength();
    return length < 0 ? null : this.#viewOf(length);
  }

  /** The number of elements that follow, each of which takes at least `elementBytesMin` bytes. */
  arrayCount(elementBytesMin: number): number {
    return this.#countOf(this.#present(this.int32()), elementBytesMin);
  }

  /** Below zero: the array is null. */
  nullableArrayCount(elementBytesMin: number): number {
    return this.#countOf(this.int32(), elementBytesMin);
  }

  compactArrayCount(elementBytesMin: number): number {
    return this.#countOf(this.#present(this.#compactLength()), elementBytesMin);
  }

  compactNullableArrayCount(elementBytesMin: number): number {
    return this.#countOf(this.#compactLength(), elementBytesMin);
  }

  /** Whether a nullable struct follows. */
  structIsPresent(): boolean {
    return this.int8() >= 0;
  }

  /** The same in front of a tagged struct, where Kafka writes a varint. */
  taggedStructIsPresent(): boolean {
    return this.uvarint() !== 0;
  }

  /** Begins a tagged field: reads its length and answers where it must end. */
  taggedEnd(): number {
    const length = this.uvarint();
    this.#require(length);
    return this.#position + length;
  }

  /** Ends a tagged field that has been read. */
  expectPosition(position: number): void {
    if (this.#position !== position)
      throw new MalformedMessage('a tagged field has another length than it says', position);
  }

  /** Passes over a tagged field that the schema does not know. */
  skipTo(position: number): void {
    this.#position = position;
  }

  /** Passes over all tagged fields of a struct. */
  skipTaggedFields(): void {
    for (let count = this.uvarint(); count > 0; count--) {
      this.uvarint();
      this.skipTo(this.taggedEnd());
    }
  }

  /** Moves past `count` bytes and answers where they begin. */
  #take(count: number): number {
    const at = this.#position;
    if (count > this.#end - at) throw new MalformedMessage('the frame ends too early', at);
    this.#position = at + count;
    return at;
  }

  #require(count: number): void {
    if (count > this.remaining) throw new MalformedMessage('a length reaches beyond the frame', this.#position);
  }

  /**
   * The length in front of a compact value: one more than it is, and 0 for null. The 32 bits wrap as they do in Kafka.
   */
  #compactLength(): number {
    return (this.uvarint() - 1) | 0;
  }

  #present(length: number): number {
    if (length < 0) throw new MalformedMessage('null where null is not allowed', this.#position);
    return length;
  }

  #stringOf(length: number): string {
    if (length === 0) return '';
    if (length > STRING_BYTES_MAX) throw new MalformedMessage('a string is too long', this.#position);
    const at = this.#take(length);
    return this.#bytes.toString('utf8', at, at + length);
  }

  #viewOf(length: number): Uint8Array {
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  #countOf(count: number, elementBytesMin: number): number {
    if (count <= 0) return count;
    this.#require(count * elementBytesMin);
    this.#elementsLeft -= count;
    if (this.#elementsLeft < 0) throw new MalformedMessage('a message has too many array elements', this.#position);
    return count;
  }
}
