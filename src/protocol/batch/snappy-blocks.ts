/**
 * The two shapes in which Kafka clients send snappy: one raw block, or the stream format of the Java library (xerial): a header of 16
 * bytes, then blocks, each preceded by its length. The sizes are added up before anything is inflated.
 */
import { createRequire } from 'node:module';
import { readInt32, writeInt32 } from '../../base/big-endian.ts';
import { MalformedBatch } from './malformed-batch.ts';

/** 0x82, the letters SNAPPY, 0, then format version 1 and the lowest compatible version 1. */
const XERIAL_HEADER = Uint8Array.of(0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1);
const XERIAL_MAGIC_BYTES = 8;
/** Uncompressed bytes per block, as the Java client writes them. */
const BLOCK_BYTES = 32_768;

interface Snappy {
  compressSync(bytes: Uint8Array): Buffer;
  uncompressSync(bytes: Uint8Array, options: { asBuffer: true; copyOutputData: boolean }): Buffer;
}

let snappy: Snappy | undefined;

export function snappyCompress(bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [XERIAL_HEADER];
  for (let at = 0; at < bytes.length; at += BLOCK_BYTES) {
    const block = library().compressSync(bytes.subarray(at, at + BLOCK_BYTES));
    const length = new Uint8Array(4);
    writeInt32(length, 0, block.length);
    parts.push(length, block);
  }
  return Buffer.concat(parts);
}

/** Throws MalformedBatch. */
export function snappyDecompress(bytes: Uint8Array, bytesMax: number): Uint8Array {
  const blocks = startsWithXerialMagic(bytes, 0) ? xerialBlocks(bytes) : [bytes];
  let inflatedBytes = 0;
  for (const block of blocks) inflatedBytes += inflatedLength(block);
  if (inflatedBytes > bytesMax) throw new MalformedBatch('inflated-size', 'a snappy stream is too large when inflated');
  const inflated = blocks.map(inflateBlock);
  const [only] = inflated;
  return only !== undefined && inflated.length === 1 ? only : Buffer.concat(inflated, inflatedBytes);
}

/** Concatenated streams are one stream: each may begin with a header of its own. */
function xerialBlocks(bytes: Uint8Array): Uint8Array[] {
  const blocks: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (startsWithXerialMagic(bytes, at)) {
      at += XERIAL_HEADER.length;
      continue;
    }
    const length = readInt32(bytes, at);
    const end = at + 4 + length;
    if (at + 4 > bytes.length || length < 0 || end > bytes.length) {
      throw new MalformedBatch('compression', 'a snappy stream ends inside a block');
    }
    blocks.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return blocks;
}

function startsWithXerialMagic(bytes: Uint8Array, at: number): boolean {
  if (bytes.length - at < XERIAL_HEADER.length) return false;
  for (let index = 0; index < XERIAL_MAGIC_BYTES; index += 1) {
    if (bytes[at + index] !== XERIAL_HEADER[index]) return false;
  }
  return true;
}

/** A raw block begins with its inflated length, an unsigned varint of 32 bits. */
function inflatedLength(block: Uint8Array): number {
  let value = 0;
  let scale = 1;
  for (let index = 0; index < 5; index += 1) {
    const byte = block[index];
    if (byte === undefined) break;
    value += (byte & 0x7f) * scale;
    scale *= 128;
    if (byte < 0x80) return value;
  }
  throw new MalformedBatch('compression', 'a snappy block has no length');
}

function inflateBlock(block: Uint8Array): Uint8Array {
  try {
    // Copied into memory of V8's own: a quarter of the cost of memory that the library allocates anew for every block.
    return library().uncompressSync(block, { asBuffer: true, copyOutputData: true });
  } catch (cause) {
    throw new MalformedBatch('compression', 'a snappy block cannot be inflated', cause);
  }
}

function library(): Snappy {
  snappy ??= createRequire(import.meta.url)('snappy') as Snappy; // The package's own types say the same; the require loses them.
  return snappy;
}
