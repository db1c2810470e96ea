/**
 * HalfSipHash-2-4 (Aumasson and Bernstein): a hash of 32 bits that nobody who does not know the key can make collide, fast where integers have 32 bits. Pure.
 */
import { readInt32 } from './big-endian.ts';
import type { Random } from './env.ts';

export interface HashKey {
  readonly low: number;
  readonly high: number;
}

export function newHashKey(random: Random): HashKey {
  const bytes = random.bytes(8);
  return { low: readInt32(bytes, 0), high: readInt32(bytes, 4) };
}

/** Of `length` bytes from `start` on, as a signed integer. */
export function halfSipHash(key: HashKey, bytes: Uint8Array, start: number, length: number): number {
  let v0 = key.low;
  let v1 = key.high;
  let v2 = 0x6c796765 ^ key.low;
  let v3 = 0x74656462 ^ key.high;
  const words = length >>> 2;
  let at = start;
  // The words of the message, then one with its last bytes and its length, then four rounds without any.
  for (let step = 0; step <= words + 2; step += 1) {
    let word = 0;
    if (step < words) {
      word = wordAt(bytes, at);
      at += 4;
    } else if (step === words) {
      word = lastWord(bytes, at, length);
    } else if (step === words + 1) {
      v2 ^= 0xff;
    }
    v3 ^= word;
    for (let round = 0; round < 2; round += 1) {
      v0 = (v0 + v1) | 0;
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
      v2 = (v2 << 16) | (v2 >>> 16);
    }
    v0 ^= word;
  }
  return v1 ^ v3;
}

function wordAt(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);
}

function lastWord(bytes: Uint8Array, at: number, length: number): number {
  let word = length << 24;
  for (let index = (length & 3) - 1; index >= 0; index -= 1) word |= (bytes[at + index] ?? 0) << (index * 8);
  return word;
}
