/**
 * The five ways in which the records of a batch may be packed. Everything is synchronous, because a batch is judged between two awaits,
 * and every library is loaded when its first batch comes. No inflated output is larger than the caller's bound.
 */
import { createRequire } from 'node:module';
import type * as Zlib from 'node:zlib';
import { unreachable } from '../../base/assert.ts';
import { lz4Compress, lz4Decompress } from './lz4-frame.ts';
import { MalformedBatch } from './malformed-batch.ts';
import { snappyCompress, snappyDecompress } from './snappy-blocks.ts';

export type Compression = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

/** The numbers of the codecs in a batch's attributes. */
export const Codec = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const satisfies Record<Compression, number>;

const COMPRESSIONS: readonly (Compression | undefined)[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
/** zlib hands its output out in pieces of this size at most, which are then joined. */
const CHUNK_BYTES_MAX = 1 << 20;
const CHUNK_BYTES_MIN = 1 << 12;
/** A guess of the output size that is mostly enough: joining pieces costs more than a piece that is too large. */
const EXPECTED_RATIO = 16;

let loadedZlib: typeof Zlib | undefined;

/** Throws MalformedBatch for the three numbers that mean nothing. */
export function compressionOfCodec(codec: number): Compression {
  const compression = COMPRESSIONS[codec];
  if (compression === undefined) throw new MalformedBatch('compression', 'a batch has an unknown codec');
  return compression;
}

/** `level` is that of the codec; gzip and zstd alone have one here. Undefined is the library's default. */
export function compress(compression: Compression, bytes: Uint8Array, level?: number): Uint8Array {
  switch (compression) {
    case 'none':
      return bytes;
    case 'gzip':
      return zlib().gzipSync(bytes, level === undefined ? {} : { level });
    case 'snappy':
      return snappyCompress(bytes);
    case 'lz4':
      return lz4Compress(bytes);
    case 'zstd': {
      const levelParameter = zlib().constants.ZSTD_c_compressionLevel;
      return zlib().zstdCompressSync(bytes, level === undefined ? {} : { params: { [levelParameter]: level } });
    }
    default:
      return unreachable(compression);
  }
}

/** Throws MalformedBatch when the stream is broken or longer than `bytesMax`. */
export function decompress(compression: Compression, bytes: Uint8Array, bytesMax: number): Uint8Array {
  switch (compression) {
    case 'none':
      return bytes;
    case 'gzip':
      return inflate(() => zlib().gunzipSync(bytes, outputOptions(bytes, bytesMax)));
    case 'snappy':
      return snappyDecompress(bytes, bytesMax);
    case 'lz4':
      return lz4Decompress(bytes, bytesMax);
    case 'zstd':
      return inflateFrames(bytes, bytesMax);
    default:
      return unreachable(compression);
  }
}

/** Some versions of Node stop silently after the first zstd frame, and none of them minds what follows the last one. */
function inflateFrames(bytes: Uint8Array, bytesMax: number): Uint8Array {
  const parts: Uint8Array[] = [];
  let at = 0;
  let inflatedBytes = 0;
  while (at < bytes.length) {
    const rest = bytes.subarray(at);
    const options = { ...outputOptions(rest, bytesMax - inflatedBytes), info: true };
    // With `info` the answer also tells how much of the input was used; the published types leave that out.
    const frame = inflate(() => zlib().zstdDecompressSync(rest, options) as unknown as InflatedFrame);
    if (frame.engine.bytesWritten === 0) throw new MalformedBatch('compression', 'a zstd stream is empty');
    at += frame.engine.bytesWritten;
    inflatedBytes += frame.buffer.length;
    parts.push(frame.buffer);
  }
  const [only] = parts;
  return only !== undefined && parts.length === 1 ? only : Buffer.concat(parts, inflatedBytes);
}

interface InflatedFrame {
  readonly buffer: Uint8Array;
  readonly engine: { readonly bytesWritten: number };
}

function outputOptions(bytes: Uint8Array, bytesMax: number): { maxOutputLength: number; chunkSize: number } {
  const guess = Math.min(CHUNK_BYTES_MAX, Math.max(CHUNK_BYTES_MIN, bytes.length * EXPECTED_RATIO));
  return { maxOutputLength: bytesMax, chunkSize: guess };
}

function inflate<T>(run: () => T): T {
  try {
    return run();
  } catch (cause) {
    const tooLarge = cause instanceof RangeError;
    throw new MalformedBatch(tooLarge ? 'inflated-size' : 'compression', 'a stream cannot be inflated', cause);
  }
}

function zlib(): typeof Zlib {
  loadedZlib ??= createRequire(import.meta.url)('node:zlib') as typeof Zlib; // It is this very module.
  return loadedZlib;
}
