/**
 * OffsetForLeaderEpoch v2–4: where a leader epoch ended, so that a client finds out whether its history was cut (KIP-101, KIP-320).
 *
 * v3 added the replica id, v4 is flexible. Differs from Apache Kafka: nothing known.
 */
import { inOrder } from '../../base/in-order.ts';
import { limits } from '../../base/limits.ts';
import { Slots } from '../../base/slots.ts';
import type { Broker } from '../../broker/broker.ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import { OffsetForLeaderEpoch } from '../../protocol/messages/offset-for-leader-epoch.ts';
import type { RequestOf } from '../../protocol/schema.ts';
import { handler } from '../handler.ts';

type Request = RequestOf<typeof OffsetForLeaderEpoch>;
type Wish = Request['topics'][number]['partitions'][number];

export const offsetForLeaderEpoch = handler(OffsetForLeaderEpoch, async (request, { broker }) => ({
  topics: await inOrder(request.topics, async ({ topic, partitions }) => {
    const answering = partitions.map((wish) => () => answer(topic, wish, broker));
    return { topic, partitions: await new Slots(limits.partitionsAnswering).all(answering) };
  }),
}));

async function answer(topic: string, { partition: index, currentLeaderEpoch, leaderEpoch }: Wish, broker: Broker) {
  const partition = await broker.partitions.get(topic, index);
  if (typeof partition === 'number') return { partition: index, errorCode: partition };
  const errorCode = partition.checkLeaderEpoch(currentLeaderEpoch);
  if (errorCode !== ErrorCode.NONE) return { partition: index, errorCode };
  return { partition: index, errorCode, ...partition.endOfEpoch(leaderEpoch) };
}
