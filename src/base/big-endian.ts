/**
 * Big-endian integers at a position of a byte array, without a DataView per array. Positions are the caller's business: reading
 * beyond the end gives nonsense, never an exception, so lengths must be checked before.
 */

const TWO_32 = 4_294_967_296;

export function readInt8(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 24) >> 24;
}

export function readInt16(bytes: Uint8Array, at: number): number {
  return (((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16)) >> 16;
}

export function readInt32(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
}

export function readUint32(bytes: Uint8Array, at: number): number {
  return readInt32(bytes, at) >>> 0;
}

/** Saturates at ±(2^53 − 1). */
export function readInt64(bytes: Uint8Array, at: number): number {
  const value = readInt32(bytes, at) * TWO_32 + readUint32(bytes, at + 4);
  if (value > Number.MAX_SAFE_INTEGER) return Number.MAX_SAFE_INTEGER;
  if (value < Number.MIN_SAFE_INTEGER) return Number.MIN_SAFE_INTEGER;
  return value;
}

export function writeInt16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 8;
  bytes[at + 1] = value;
}

/** Also for unsigned values: only the lower 32 bits count. */
export function writeInt32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 24;
  bytes[at + 1] = value >> 16;
  bytes[at + 2] = value >> 8;
  bytes[at + 3] = value;
}

/** `value` is an integer within ±(2^53 − 1). */
export function writeInt64(bytes: Uint8Array, at: number, value: number): void {
  writeInt32(bytes, at, Math.floor(value / TWO_32));
  writeInt32(bytes, at + 4, value);
}
