/**
 * CRC-32C, by the processor's own instruction. The native module is loaded when the first batch needs it, so that starting costs nothing.
 */
import { createRequire } from 'node:module';
import { writeInt32 } from '../../base/big-endian.ts';
import { baseOffset, CRC_START, lastOffset, storedCrc } from './header.ts';
import { MalformedBatch } from './malformed-batch.ts';

type Crc32c = (bytes: Uint8Array, initial: number) => number;

let native: Crc32c | undefined;

/** `before`: the CRC of what comes before `bytes`. */
export function crc32c(bytes: Uint8Array, before = 0): number {
  native ??= load();
  return native(bytes, before);
}

/** The CRC of a batch, whatever its CRC field says. */
function computeCrc(batch: Uint8Array): number {
  return crc32c(batch.subarray(CRC_START));
}

export function hasValidCrc(batch: Uint8Array): boolean {
  return computeCrc(batch) === storedCrc(batch);
}

/** For batches at rest that the broker itself is about to believe; those of others are checked by their clients. Throws MalformedBatch. */
export function requireValidCrc(batch: Uint8Array): void {
  if (hasValidCrc(batch)) return;
  const offsets = `the offsets ${baseOffset(batch)} to ${lastOffset(batch)}`;
  throw new MalformedBatch('batch', `the checksum of a batch does not fit: ${offsets} are damaged`);
}

/** To be called after anything from the attributes on was changed. */
export function updateCrc(batch: Uint8Array): void {
  writeInt32(batch, 17, computeCrc(batch));
}

function load(): Crc32c {
  const module: { crc32c: Crc32c } = createRequire(import.meta.url)('@node-rs/crc32');
  return module.crc32c;
}
