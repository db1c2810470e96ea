/** Reads which topics the members of a group of consumers subscribe to, from the metadata that they gave for the chosen protocol. */

import { codecOf } from '../../../protocol/codec.ts';
import { ConsumerProtocolSubscription } from '../../../protocol/consumer-protocol.ts';
import { MalformedMessage } from '../../../protocol/malformed-message.ts';
import { Reader } from '../../../protocol/reader.ts';

/** Undefined when one of them cannot be read: then nothing is known about the group. */
export function subscribedTopics(subscriptions: readonly Uint8Array[]): ReadonlySet<string> | undefined {
  const topics = new Set<string>();
  for (const subscription of subscriptions) {
    const own = topicsOf(subscription);
    if (own === undefined) return undefined;
    for (const topic of own) topics.add(topic);
  }
  return topics;
}

/** Every version begins as version 0 does, so also those to come can be read. */
function topicsOf(subscription: Uint8Array): readonly string[] | undefined {
  try {
    const reader = new Reader(subscription);
    const version = reader.int16();
    if (version < 0) return undefined;
    return codecOf(ConsumerProtocolSubscription, 0).read(reader).topics;
  } catch (error) {
    if (error instanceof MalformedMessage) return undefined;
    throw error;
  }
}
