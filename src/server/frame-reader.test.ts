/** Fails when invariant I13 does not hold. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { limits } from '../base/limits.ts';
import { FrameAllocator } from './frame-allocator.ts';
import { type FrameFault, FrameReader } from './frame-reader.ts';

const allocator = new FrameAllocator();

function reader(frameBytesMax = 100_000_000): FrameReader {
  return new FrameReader({ allocator, frameBytesMax });
}

function framed(...frames: Uint8Array[]): Buffer {
  return Buffer.concat(
    frames.flatMap((frame) => {
      const length = Buffer.alloc(4);
      length.writeInt32BE(frame.length);
      return [length, frame];
    }),
  );
}

/** Feeds `stream` as a socket would: at most `pieceBytes` at a time, into whatever target the reader names. */
function feed(target: FrameReader, stream: Uint8Array, pieceBytes: () => number) {
  const frames: Uint8Array[] = [];
  let fault: FrameFault | undefined;
  for (let at = 0; at < stream.length && fault === undefined; ) {
    const room = target.target();
    const count = Math.min(room.length, pieceBytes(), stream.length - at);
    room.set(stream.subarray(at, at + count));
    at += count;
    fault = target.received(count, frames);
    // What the sockets share must not be what a frame is made of.
    allocator.scratch.fill(0xee);
  }
  return { frames, fault };
}

function patterned(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => index * 7 + length);
}

describe('FrameReader', () => {
  const lengths = [0, 1, 3, 511, 512, 513, 5_000, 65_535, 65_536, 70_000, 0, 0, 200_000, 2, 2_500_000, 17];
  const sent = lengths.map(patterned);
  for (const [name, piece] of [
    ['one byte at a time', () => 1],
    ['three bytes at a time', () => 3],
    ['a full scratch at a time', () => 65_536],
    ['everything that fits', () => Infinity],
  ] as const) {
    it(`cuts the same frames from ${name}`, () => {
      const chosen = piece() === 1 ? sent.filter((frame) => frame.length < 100_000) : sent;
      const { frames, fault } = feed(reader(), framed(...chosen), piece);
      assert.equal(fault, undefined);
      assert.deepEqual(
        frames.map((frame) => Buffer.from(frame)),
        chosen.map((frame) => Buffer.from(frame)),
      );
    });
  }

  it('gives every frame that is not small memory of its own size', () => {
    const { frames } = feed(
      reader(),
      framed(patterned(5_000), patterned(30_000), patterned(3_000_000)),
      () => Infinity,
    );
    assert.deepEqual(
      frames.map((frame) => frame.buffer.byteLength),
      [5_000, 30_000, 3_000_000],
    );
  });

  it('lets small frames share memory, but never much of it', () => {
    const { frames } = feed(reader(), framed(...Array.from({ length: 500 }, () => patterned(100))), () => Infinity);
    const slabs = new Set(frames.map((frame) => frame.buffer));
    assert.ok(slabs.size < 10 && [...slabs].every((slab) => slab.byteLength <= 16_384));
  });

  it('reads the rest of a large frame straight into it', () => {
    const target = reader();
    feed(target, framed(patterned(900_000)).subarray(0, 100), () => Infinity);
    assert.equal(target.target().length, 900_000 - 96);
  });

  it('believes a length only as far as bytes arrive', () => {
    const target = reader();
    const frames: Uint8Array[] = [];
    target.target().set([0x05, 0xf5, 0xe1, 0x00]);
    target.received(4, frames);
    assert.equal(target.partialBytes, limits.frameBytesBelieved);
  });

  it('refuses a length that is negative or above the bound before it allocates', () => {
    for (const [prefix, fault] of [
      ['ffffffff', 'negative length'],
      ['80000000', 'negative length'],
      ['000003e9', 'length above socket.request.max.bytes'],
      ['7fffffff', 'length above socket.request.max.bytes'],
      ['47455420', 'length above socket.request.max.bytes'],
    ] as const) {
      const target = reader(1000);
      assert.equal(feed(target, Buffer.from(prefix, 'hex'), () => 1).fault, fault);
      assert.equal(target.partialBytes, 0);
    }
    assert.equal(feed(reader(1000), framed(patterned(1000)), () => 1).fault, undefined);
  });

  it('delivers the frames that came before a fault', () => {
    const stream = Buffer.concat([framed(patterned(5)), Buffer.from('ffffffff', 'hex')]);
    const { frames, fault } = feed(reader(), stream, () => Infinity);
    assert.equal(frames.length, 1);
    assert.equal(fault, 'negative length');
  });
});
