/** Packs the records of a batch with another codec, for topics that choose the compression themselves. */
import { writeInt16, writeInt32 } from '../../base/big-endian.ts';
import { Codec, type Compression, compress } from './compression.ts';
import { Attribute, attributes, HEADER_BYTES, LOG_OVERHEAD_BYTES } from './header.ts';

/**
 * A new batch with the same header and records, `records` being their plain bytes. Its CRC is not yet right: call `updateCrc` when the header is final.
 */
export function repack(batch: Uint8Array, records: Uint8Array, compression: Compression, level?: number): Uint8Array {
  const payload = compress(compression, records, level);
  const packed = Buffer.allocUnsafe(HEADER_BYTES + payload.length);
  packed.set(batch.subarray(0, HEADER_BYTES));
  packed.set(payload, HEADER_BYTES);
  writeInt32(packed, 8, packed.length - LOG_OVERHEAD_BYTES);
  writeInt16(packed, 21, (attributes(batch) & ~Attribute.CODEC_MASK) | Codec[compression]);
  return packed;
}
