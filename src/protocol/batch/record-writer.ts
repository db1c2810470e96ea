/** Writes records in the format that `RecordCursor` reads: measured first, so that all of a batch goes into one allocation. */

/** A record to be written. Relative to its batch: `timestampDelta` and `offsetDelta`. */
export interface WritableRecord {
  readonly timestampDelta: number;
  readonly offsetDelta: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly { readonly key: string; readonly value: Uint8Array | null }[];
}

/** The records, one after the other. */
export function writeRecords(records: readonly WritableRecord[]): Uint8Array {
  const bodyLengths = records.map(bodyBytes);
  let total = 0;
  for (const length of bodyLengths) total += varintBytes(length) + length;
  const writer = new Writer(total);
  records.forEach((record, index) => {
    writer.varint(bodyLengths[index] ?? 0);
    writer.record(record);
  });
  return writer.bytes;
}

class Writer {
  readonly bytes: Buffer;
  #at = 0;

  constructor(length: number) {
    this.bytes = Buffer.allocUnsafe(length);
  }

  record(record: WritableRecord): void {
    this.#byte(0); // Attributes: none is defined.
    this.varint(record.timestampDelta);
    this.varint(record.offsetDelta);
    this.#nullable(record.key);
    this.#nullable(record.value);
    this.varint(record.headers.length);
    for (const header of record.headers) {
      const keyBytes = Buffer.byteLength(header.key);
      this.varint(keyBytes);
      this.#at += this.bytes.write(header.key, this.#at);
      this.#nullable(header.value);
    }
  }

  varint(value: number): void {
    this.#at = writeVarint(this.bytes, this.#at, value);
  }

  #nullable(bytes: Uint8Array | null): void {
    this.varint(bytes === null ? -1 : bytes.length);
    if (bytes === null) return;
    this.bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  #byte(value: number): void {
    this.bytes[this.#at] = value;
    this.#at += 1;
  }
}

function bodyBytes(record: WritableRecord): number {
  let bytes = 1 + varintBytes(record.timestampDelta) + varintBytes(record.offsetDelta);
  bytes += nullableBytes(record.key) + nullableBytes(record.value) + varintBytes(record.headers.length);
  for (const header of record.headers) {
    const keyBytes = Buffer.byteLength(header.key);
    bytes += varintBytes(keyBytes) + keyBytes + nullableBytes(header.value);
  }
  return bytes;
}

function nullableBytes(bytes: Uint8Array | null): number {
  return bytes === null ? 1 : varintBytes(bytes.length) + bytes.length;
}

/** Writes a zigzag varint of up to 54 bits; answers where it ends. */
export function writeVarint(bytes: Uint8Array, start: number, value: number): number {
  let at = start;
  let rest = zigzag(value);
  for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) {
    bytes[at] = (rest % 0x80) | 0x80;
    at += 1;
  }
  bytes[at] = rest;
  return at + 1;
}

export function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = zigzag(value); rest > 0x7f; rest = Math.floor(rest / 0x80)) bytes += 1;
  return bytes;
}

/** Exact up to ±2^52; deltas of timestamps are far below. */
function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}
