/**
 * The two hashes on which Kafka's clients and brokers must agree: which partition a key belongs to, and which partition
 * coordinates a group.
 */

/** Java's `String.hashCode`: over UTF-16 code units, a signed 32-bit integer. */
export function javaStringHash(text: string): number {
  let hash = 0;
  for (let index = 0; index < text.length; index++) hash = (Math.imul(hash, 31) + text.charCodeAt(index)) | 0;
  return hash;
}

/**
 * The partition of a coordinator's topic (`__consumer_offsets`, `__transaction_state`, `__share_group_state`) that owns
 * `id`. A hash of −2^31 has no absolute value in 32 bits and counts as 0, as in Kafka.
 */
export function coordinatorPartition(id: string, partitionCount: number): number {
  const hash = javaStringHash(id);
  return (hash === -0x80000000 ? 0 : Math.abs(hash)) % partitionCount;
}

const MURMUR2_SEED = 0x9747b28c;
const MURMUR2_FACTOR = 0x5bd1e995;

/** Murmur2 as Kafka's Java producer computes it for a record key: a signed 32-bit integer. */
export function murmur2(key: Uint8Array): number {
  const length = key.length;
  let hash = MURMUR2_SEED ^ length;
  const tail = length & ~3;
  for (let at = 0; at < tail; at += 4) {
    let word = byteAt(key, at) | (byteAt(key, at + 1) << 8) | (byteAt(key, at + 2) << 16) | (byteAt(key, at + 3) << 24);
    word = Math.imul(word, MURMUR2_FACTOR);
    word ^= word >>> 24;
    hash = Math.imul(hash, MURMUR2_FACTOR) ^ Math.imul(word, MURMUR2_FACTOR);
  }
  if (tail < length) {
    for (let at = length - 1; at >= tail; at--) hash ^= byteAt(key, at) << (8 * (at - tail));
    hash = Math.imul(hash, MURMUR2_FACTOR);
  }
  hash = Math.imul(hash ^ (hash >>> 13), MURMUR2_FACTOR);
  return hash ^ (hash >>> 15);
}

/** The partition that Kafka's default partitioner gives to a record with this key. */
export function keyPartition(key: Uint8Array, partitionCount: number): number {
  return (murmur2(key) & 0x7fffffff) % partitionCount;
}

function byteAt(bytes: Uint8Array, index: number): number {
  return bytes[index] ?? 0;
}
