/**
 * LZ4 as Kafka uses it: one frame with independent blocks; bytes after the frame are ignored. The frame is measured before it is inflated.
 */
import { createRequire } from 'node:module';
import { MalformedBatch } from './malformed-batch.ts';

const MAGIC = 0x184d2204;
const FLAG_VERSION_MASK = 0xc0;
const FLAG_VERSION_1 = 0x40;
const FLAG_INDEPENDENT_BLOCKS = 0x20;
const FLAG_BLOCK_CHECKSUMS = 0x10;
const FLAG_CONTENT_SIZE = 0x08;
const FLAG_CONTENT_CHECKSUM = 0x04;
const FLAG_DICTIONARY = 0x01;
const STORED_BLOCK = 0x80000000;
/** An LZ4 sequence turns one byte into 255 at most. */
const EXPANSION_MAX = 255;

interface Lz4 {
  compressFrameSync(bytes: Buffer): Buffer;
  decompressFrameSync(bytes: Buffer): Buffer;
}

let lz4: Lz4 | undefined;

export function lz4Compress(bytes: Uint8Array): Uint8Array {
  return library().compressFrameSync(asBuffer(bytes));
}

/** Throws MalformedBatch. */
export function lz4Decompress(bytes: Uint8Array, bytesMax: number): Uint8Array {
  const frame = measureFrame(bytes);
  if (frame.inflatedBytesMax > bytesMax) {
    throw new MalformedBatch('inflated-size', 'an lz4 frame may be too large when inflated');
  }
  try {
    return library().decompressFrameSync(asBuffer(bytes.subarray(0, frame.bytes)));
  } catch (cause) {
    throw new MalformedBatch('compression', 'an lz4 frame cannot be inflated', cause);
  }
}

/** Where the frame ends, and a bound on what comes out of it: every block but the last is full in practice, so it is a tight one. */
function measureFrame(bytes: Uint8Array): { bytes: number; inflatedBytesMax: number } {
  if (readUint32LittleEndian(bytes, 0) !== MAGIC) throw broken('an lz4 frame has no magic number');
  const flags = bytes[4] ?? 0;
  if ((flags & FLAG_VERSION_MASK) !== FLAG_VERSION_1) throw broken('an lz4 frame has an unknown version');
  if ((flags & FLAG_INDEPENDENT_BLOCKS) === 0) throw broken('an lz4 frame has blocks that depend on each other');
  if ((flags & FLAG_DICTIONARY) !== 0) throw broken('an lz4 frame asks for a dictionary');
  const sizeCode = ((bytes[5] ?? 0) >> 4) & 7;
  if (sizeCode < 4) throw broken('an lz4 frame has an unknown block size');
  const blockBytesMax = 1 << (8 + 2 * sizeCode);
  const blockTailBytes = (flags & FLAG_BLOCK_CHECKSUMS) === 0 ? 0 : 4;

  let at = 7 + ((flags & FLAG_CONTENT_SIZE) === 0 ? 0 : 8);
  let inflatedBytesMax = 0;
  for (;;) {
    if (at + 4 > bytes.length) throw broken('an lz4 frame has no end');
    const word = readUint32LittleEndian(bytes, at);
    at += 4;
    if (word === 0) break;
    const length = word % STORED_BLOCK;
    inflatedBytesMax += word >= STORED_BLOCK ? length : Math.min(blockBytesMax, length * EXPANSION_MAX);
    at += length + blockTailBytes;
  }
  at += (flags & FLAG_CONTENT_CHECKSUM) === 0 ? 0 : 4;
  if (at > bytes.length) throw broken('an lz4 frame is cut off');
  return { bytes: at, inflatedBytesMax };
}

function broken(message: string): MalformedBatch {
  return new MalformedBatch('compression', message);
}

function readUint32LittleEndian(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)) >>> 0
  );
}

/** The library takes nothing but Buffers. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

function library(): Lz4 {
  lz4 ??= createRequire(import.meta.url)('lz4-napi') as Lz4; // The package's own types say the same; the require loses them.
  return lz4;
}
