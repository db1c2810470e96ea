/**
 * Bytes that no honest peer sends: every message cut short, changed and made up. Each either decodes or is a
 * `MalformedMessage`; both codecs agree; nothing outside of the frame has an influence; nothing is made that the frame
 * has no bytes for.
 *
 * `OTTLA_FUZZ_CASES` sets how many frames are tried (20,000 take about a second), `OTTLA_FUZZ_SEED` where to begin.
 * Fails when invariant I13 does not hold.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { SeededRandom } from '../../sim/seeded-random.ts';
import { messagesByName } from './all-messages.ts';
import { closureCodec } from './codec-closures.ts';
import { compileCodec } from './codec-compiler.ts';
import type { Codec } from './codec-type.ts';
import { layoutOf } from './layout.ts';
import { MalformedMessage } from './malformed-message.ts';
import { Reader } from './reader.ts';
import { committedVectors } from './vectors/wire-vectors.ts';
import { Writer } from './writer.ts';

interface Target {
  readonly name: string;
  readonly compiled: Codec<unknown, unknown>;
  readonly closures: Codec<unknown, unknown>;
  /** Bytes that decode. */
  readonly seed: Uint8Array;
}

type Outcome =
  | { readonly kind: 'decoded'; readonly value: unknown }
  | { readonly kind: 'malformed'; readonly at: number };
type Decode = (target: Target, frame: Uint8Array) => Outcome;

const cases = Number(process.env['OTTLA_FUZZ_CASES'] ?? 20_000);
const firstSeed = Number(process.env['OTTLA_FUZZ_SEED'] ?? 1);
const targets = makeTargets();
/** Lengths and counts that have broken readers before. */
const BOMBS = [
  '7fffffff',
  'ffffffff',
  '80000000',
  '7fff',
  'ffff',
  'fffe',
  'fffffffe',
  'ffffffff0f',
  'feffffff0f',
  '8080808010',
  'ffffffffffff',
  '00',
];

test(`${cases} damaged frames decode or are refused, and nothing else`, () => {
  assert.ok(targets.length > 300);
  for (let seed = firstSeed; seed < firstSeed + cases; seed++) tryFrame(seed, decodeWith('compiled'));
});

test('the canary: a reader that looks beyond the frame is found', () => {
  const careless: Decode = (target, frame) => {
    const whole = new Uint8Array(frame.buffer, frame.byteOffset);
    return outcomeOf(() => target.compiled.read(new Reader(whole)));
  };
  assert.throws(() => {
    for (let seed = 1; seed < 2_000; seed++) tryFrame(seed, careless);
  }, /seed/);
});

test('the canary: an error of another kind is found', () => {
  const careless: Decode = (target, frame) =>
    outcomeOf(() => {
      if (frame.length < 8) throw new RangeError('out of bounds');
      return target.compiled.read(new Reader(frame));
    });
  assert.throws(() => {
    for (let seed = 1; seed < 2_000; seed++) tryFrame(seed, careless);
  }, /seed/);
});

/** The frame of a seed, and everything that must be true of it. */
function tryFrame(seed: number, decode: Decode): void {
  const random = new SeededRandom(seed);
  const target = targets[random.below(targets.length)];
  assert.ok(target !== undefined);
  const bytes = damaged(random, target.seed);
  try {
    const outcome = decode(target, surrounded(bytes, 0x00));
    assert.deepEqual(decode(target, surrounded(bytes, 0xff)), outcome, 'what surrounds the frame has an influence');
    assert.deepEqual(decodeWith('closures')(target, surrounded(bytes, 0x41)), outcome, 'the two codecs disagree');
    if (outcome.kind === 'malformed') {
      assert.ok(outcome.at >= 0 && outcome.at <= bytes.length, 'a position outside of the frame');
      return;
    }
    assert.ok(elementCount(outcome.value) <= bytes.length, 'more elements than bytes');
    assert.deepEqual(reencoded(target, outcome.value), outcome.value, 'a decoded value does not survive encoding');
  } catch (error) {
    throw new Error(`${target.name}, seed ${seed}, frame ${Buffer.from(bytes).toString('hex')}`, { cause: error });
  }
}

function decodeWith(codec: 'compiled' | 'closures'): Decode {
  return (target, frame) => outcomeOf(() => target[codec].read(new Reader(frame)));
}

function outcomeOf(read: () => unknown): Outcome {
  try {
    return { kind: 'decoded', value: read() };
  } catch (error) {
    if (!(error instanceof MalformedMessage)) throw error;
    return { kind: 'malformed', at: error.position };
  }
}

function reencoded(target: Target, value: unknown): unknown {
  const writer = new Writer();
  target.compiled.write(writer, value);
  return target.compiled.read(new Reader(writer.toBytes()));
}

/** A view in the middle of a larger buffer that is filled with `filler`. */
function surrounded(bytes: Uint8Array, filler: number): Uint8Array {
  const room = new Uint8Array(bytes.length + 64).fill(filler);
  room.set(bytes, 32);
  return room.subarray(32, 32 + bytes.length);
}

function damaged(random: SeededRandom, seed: Uint8Array): Uint8Array {
  if (random.chance(0.1)) return random.bytes(random.below(64));
  const bytes = seed.slice();
  const cut = random.chance(0.3) ? bytes.subarray(0, random.below(bytes.length + 1)) : bytes;
  for (let changes = random.below(4); changes > 0 && cut.length > 0; changes--) {
    const at = random.below(cut.length);
    if (random.chance(0.5)) cut[at] = random.below(256);
    else cut.set(Buffer.from(BOMBS[random.below(BOMBS.length)] ?? '', 'hex').subarray(0, cut.length - at), at);
  }
  return cut;
}

/** Elements of all arrays in a decoded value. */
function elementCount(value: unknown): number {
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return 0;
  const inner = Object.values(value).reduce((sum: number, element) => sum + elementCount(element), 0);
  return inner + (Array.isArray(value) ? value.length : 0);
}

function makeTargets(): readonly Target[] {
  const seeds = committedVectors().filter(
    ({ kind, case: name, hex }) => kind !== 'header' && name !== 'defaults' && hex.length < 4_000,
  );
  return seeds.map(({ message: name, version, hex }) => {
    const message = messagesByName.get(name);
    assert.ok(message !== undefined, name);
    const layout = layoutOf(message, version);
    return {
      name: `${name} v${version}`,
      compiled: compileCodec(layout),
      closures: closureCodec(layout),
      seed: Buffer.from(hex, 'hex'),
    };
  });
}
