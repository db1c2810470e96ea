/** Copies records out of a `RecordCursor` into a run of their own, with other timestamp deltas; keys, values and headers go over as bytes. */
import type { RecordCursor } from './record-cursor.ts';
import { varintBytes, writeVarint } from './record-writer.ts';

const FIRST_BYTES = 1024;

export class RawRecords {
  #bytes = Buffer.allocUnsafe(FIRST_BYTES);
  #length = 0;

  /** Begins anew; what `bytes` answered before is written over. */
  clear(): void {
    this.#length = 0;
  }

  /** The records so far, one after the other. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Adds the record under the cursor. */
  add(cursor: RecordCursor, timestampDelta: number): void {
    const headers = cursor.bytes.subarray(cursor.headersStart, cursor.position);
    let body = 1 + varintBytes(timestampDelta) + varintBytes(cursor.offsetDelta) + varintBytes(cursor.headerCount);
    body += fieldBytes(cursor.keyLength) + fieldBytes(cursor.valueLength) + headers.length;
    this.#reserve(varintBytes(body) + body);
    this.#varint(body);
    this.#bytes[this.#length] = cursor.attributes;
    this.#length += 1;
    this.#varint(timestampDelta);
    this.#varint(cursor.offsetDelta);
    this.#field(cursor.bytes, cursor.keyStart, cursor.keyLength);
    this.#field(cursor.bytes, cursor.valueStart, cursor.valueLength);
    this.#varint(cursor.headerCount);
    this.#copy(headers);
  }

  #field(bytes: Uint8Array, start: number, length: number): void {
    this.#varint(Math.max(-1, length));
    if (length > 0) this.#copy(bytes.subarray(start, start + length));
  }

  #copy(bytes: Uint8Array): void {
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  #varint(value: number): void {
    this.#length = writeVarint(this.#bytes, this.#length, value);
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + bytes));
    grown.set(this.bytes);
    this.#bytes = grown;
  }
}

function fieldBytes(length: number): number {
  return varintBytes(Math.max(-1, length)) + Math.max(0, length);
}
