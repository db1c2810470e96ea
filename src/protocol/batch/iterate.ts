/**
 * Finds the batches in a run of bytes: by their length fields alone, magic 0 to 2. What it yields are views. It checks that a whole
 * batch is there and has room for a header, not that its content is sound.
 */
import { readInt32 } from '../../base/big-endian.ts';
import { HEADER_BYTES, LOG_OVERHEAD_BYTES, MAGIC, magic } from './header.ts';
import { MalformedBatch } from './malformed-batch.ts';

/** The smallest message of magic 0: no length below this was ever right. */
const LENGTH_MIN = 14;
const MAGIC_AT = 16;
const INT32_MAX = 2_147_483_647;

/**
 * Bytes of the whole batch that begins at `at`; 0 when the rest is only the beginning of one.
 * Throws MalformedBatch when the length or the magic byte is impossible.
 */
export function wholeBatchBytes(buffer: Uint8Array, at: number): number {
  const remaining = buffer.length - at;
  if (remaining < LOG_OVERHEAD_BYTES) return 0;
  const length = readInt32(buffer, at + 8);
  if (length < LENGTH_MIN) throw new MalformedBatch('batch', 'a batch length is below the smallest possible one');
  if (length > INT32_MAX - LOG_OVERHEAD_BYTES) throw new MalformedBatch('batch', 'a batch length is beyond 2 GB');
  if (remaining <= MAGIC_AT) return 0;
  const magicByte = buffer[at + MAGIC_AT] ?? 0;
  if (magicByte > MAGIC) throw new MalformedBatch('batch', 'a batch has a magic byte that is not 0, 1 or 2');
  const bytes = length + LOG_OVERHEAD_BYTES;
  return bytes <= remaining ? bytes : 0;
}

/** The whole batches in `buffer`, in order; an incomplete one at the end is left out. Throws MalformedBatch. */
export function* batches(buffer: Uint8Array): Generator<Uint8Array, void, undefined> {
  let at = 0;
  for (;;) {
    const bytes = wholeBatchBytes(buffer, at);
    if (bytes === 0) return;
    const batch = buffer.subarray(at, at + bytes);
    if (magic(batch) === MAGIC && bytes < HEADER_BYTES) {
      throw new MalformedBatch('batch', 'a batch is smaller than its header');
    }
    yield batch;
    at += bytes;
  }
}
