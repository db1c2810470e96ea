/** The reader and the writer of one message at one version, made when first asked for and kept. */
import { closureCodec } from './codec-closures.ts';
import { compileCodec } from './codec-compiler.ts';
import type { Codec } from './codec-type.ts';
import { layoutOf, type StructLayout } from './layout.ts';
import { Reader } from './reader.ts';
import type { Decoded, Input, Message, Shape } from './schema.ts';
import { Writer } from './writer.ts';

const codecs = new WeakMap<Message, Map<number, Codec<unknown, unknown>>>();

/** `version` must be one that the message has. */
export function codecOf<S extends Shape>(message: Message<S>, version: number): Codec<Decoded<S>, Input<S>> {
  const byVersion = versionsOf(message);
  let codec = byVersion.get(version);
  if (codec === undefined) {
    codec = makeCodec(layoutOf(message, version));
    byVersion.set(version, codec);
  }
  // It was made from this message's schema, which is what the types were inferred from.
  return codec as Codec<Decoded<S>, Input<S>>;
}

/** Reads a message that stands alone, such as the value of a persisted record. Bytes after it are ignored. */
export function decode<S extends Shape>(message: Message<S>, version: number, bytes: Uint8Array): Decoded<S> {
  return codecOf(message, version).read(new Reader(bytes));
}

/** Writes a message that stands alone. */
export function encode<S extends Shape>(message: Message<S>, version: number, value: Input<S>): Uint8Array {
  const writer = new Writer();
  codecOf(message, version).write(writer, value);
  return writer.toBytes();
}

function versionsOf(message: Message): Map<number, Codec<unknown, unknown>> {
  let byVersion = codecs.get(message);
  if (byVersion === undefined) {
    byVersion = new Map();
    codecs.set(message, byVersion);
  }
  return byVersion;
}

let codeFromStrings = true;

function makeCodec(layout: StructLayout): Codec<unknown, unknown> {
  if (codeFromStrings) {
    try {
      return compileCodec(layout);
    } catch (error) {
      if (!(error instanceof EvalError)) throw error;
      codeFromStrings = false;
    }
  }
  return closureCodec(layout);
}
