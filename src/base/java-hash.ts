/** The hash on which all brokers must agree: which partition coordinates a group or a transactional id. */

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
