/** Messages that carry their version in front, as two bytes: the consumer protocol and the markers of transactions. */
import { codecOf } from './codec.ts';
import { MalformedMessage } from './malformed-message.ts';
import { Reader } from './reader.ts';
import type { Decoded, Input, Message, Shape } from './schema.ts';
import { Writer } from './writer.ts';

export function encodeVersioned<S extends Shape>(message: Message<S>, version: number, value: Input<S>): Uint8Array {
  const writer = new Writer();
  writer.int16(version);
  codecOf(message, version).write(writer, value);
  return writer.toBytes();
}

/**
 * Reads a version newer than we know as the newest that we do, as Kafka does: later versions only append. Throws
 * `MalformedMessage`.
 */
export function decodeVersioned<S extends Shape>(message: Message<S>, bytes: Uint8Array): Decoded<S> {
  const reader = new Reader(bytes);
  const version = Math.min(reader.int16(), message.versions.max);
  if (version < message.versions.min) throw new MalformedMessage('a version that never existed', 0);
  return codecOf(message, version).read(reader);
}
