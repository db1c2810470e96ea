/**
 * LZ4 as Kafka uses it: one frame with independent blocks; bytes after the frame are ignored. The frame is measured before it is inflated. Blocks are
 * inflated one by one, which costs a sixth of the library's own way through a whole frame; only frames with checksums inside are left to it.
 */
import { createRequire } from 'node:module';
import { MalformedBatch } from './malformed-batch.ts';
import { xxHash32 } from './xxhash32.ts';

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
/** The library wants the inflated size in front of a block. */
const SIZE_PREFIX_BYTES = 4;

interface Lz4 {
  compressFrameSync(bytes: Buffer): Buffer;
  decompressFrameSync(bytes: Buffer): Buffer;
  uncompressSync(sizeAndBlock: Buffer): Buffer;
}

interface Frame {
  /** Where the frame ends. */
  readonly bytes: number;
  readonly blocks: readonly Block[];
  readonly hasChecksums: boolean;
}

interface Block {
  readonly start: number;
  readonly end: number;
  readonly isStored: boolean;
  /** More cannot come out of it. Every block but the last is full in practice, so it is a tight bound. */
  readonly inflatedBytesMax: number;
}

let lz4: Lz4 | undefined;

export function lz4Compress(bytes: Uint8Array): Uint8Array {
  return library().compressFrameSync(asBuffer(bytes));
}

/** Throws MalformedBatch. */
export function lz4Decompress(bytes: Uint8Array, bytesMax: number): Uint8Array {
  const frame = readFrame(bytes);
  const inflatedBytesMax = frame.blocks.reduce((sum, block) => sum + block.inflatedBytesMax, 0);
  if (inflatedBytesMax > bytesMax) {
    throw new MalformedBatch('inflated-size', 'an lz4 frame may be too large when inflated');
  }
  try {
    if (frame.hasChecksums) return library().decompressFrameSync(asBuffer(bytes.subarray(0, frame.bytes)));
    const parts = frame.blocks.map((block) => inflateBlock(bytes, block));
    const [only] = parts;
    return only !== undefined && parts.length === 1 ? only : Buffer.concat(parts);
  } catch (cause) {
    throw new MalformedBatch('compression', 'an lz4 frame cannot be inflated', cause);
  }
}

function inflateBlock(bytes: Uint8Array, { start, end, isStored, inflatedBytesMax }: Block): Uint8Array {
  if (isStored) return bytes.subarray(start, end);
  const sizeAndBlock = Buffer.allocUnsafe(SIZE_PREFIX_BYTES + end - start);
  sizeAndBlock.writeUInt32LE(inflatedBytesMax);
  sizeAndBlock.set(bytes.subarray(start, end), SIZE_PREFIX_BYTES);
  return library().uncompressSync(sizeAndBlock);
}

function readFrame(bytes: Uint8Array): Frame {
  if (readUint32LittleEndian(bytes, 0) !== MAGIC) throw broken('an lz4 frame has no magic number');
  const flags = bytes[4] ?? 0;
  if ((flags & FLAG_VERSION_MASK) !== FLAG_VERSION_1) throw broken('an lz4 frame has an unknown version');
  if ((flags & FLAG_INDEPENDENT_BLOCKS) === 0) throw broken('an lz4 frame has blocks that depend on each other');
  if ((flags & FLAG_DICTIONARY) !== 0) throw broken('an lz4 frame asks for a dictionary');
  const sizeCode = ((bytes[5] ?? 0) >> 4) & 7;
  if (sizeCode < 4) throw broken('an lz4 frame has an unknown block size');
  const headerEnd = 6 + ((flags & FLAG_CONTENT_SIZE) === 0 ? 0 : 8);
  if (bytes[headerEnd] !== ((xxHash32(bytes.subarray(4, headerEnd)) >> 8) & 0xff)) {
    throw broken('an lz4 frame has a wrong header checksum');
  }
  return readBlocks(bytes, headerEnd + 1, { flags, blockBytesMax: 1 << (8 + 2 * sizeCode) });
}

function readBlocks(
  bytes: Uint8Array,
  start: number,
  { flags, blockBytesMax }: { flags: number; blockBytesMax: number },
): Frame {
  const blockTailBytes = (flags & FLAG_BLOCK_CHECKSUMS) === 0 ? 0 : 4;
  const blocks: Block[] = [];
  let at = start;
  for (;;) {
    if (at + 4 > bytes.length) throw broken('an lz4 frame has no end');
    const word = readUint32LittleEndian(bytes, at);
    at += 4;
    if (word === 0) break;
    const isStored = word >= STORED_BLOCK;
    const length = word % STORED_BLOCK;
    const inflatedBytesMax = isStored ? length : Math.min(blockBytesMax, length * EXPANSION_MAX);
    blocks.push({ start: at, end: at + length, isStored, inflatedBytesMax });
    at += length + blockTailBytes;
  }
  at += (flags & FLAG_CONTENT_CHECKSUM) === 0 ? 0 : 4;
  if (at > bytes.length) throw broken('an lz4 frame is cut off');
  return { bytes: at, blocks, hasChecksums: (flags & (FLAG_BLOCK_CHECKSUMS | FLAG_CONTENT_CHECKSUM)) !== 0 };
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
