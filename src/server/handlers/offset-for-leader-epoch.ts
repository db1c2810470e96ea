/**
 * OffsetForLeaderEpoch v2–4: where a leader epoch ended, so that a client finds out whether its history was cut (KIP-101, KIP-320).
 *
 * v3 added the replica id, v4 is flexible. Differs from Apache Kafka: nothing known.
 */
import { inOrder } from '../../base/in-order.ts';
import { limits } from '../../base/limits.ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import { OffsetForLeaderEpoch } from '../../protocol/messages/offset-for-leader-epoch.ts';
import { handler } from '../handler.ts';

export const offsetForLeaderEpoch = handler(OffsetForLeaderEpoch, async (request, { broker }) => ({
  topics: await inOrder(request.topics, async ({ topic, partitions }) => ({
    topic,
    partitions: await inOrder(
      partitions,
      async ({ partition: index, currentLeaderEpoch, leaderEpoch }) => {
        const partition = await broker.partitions.get(topic, index);
        if (typeof partition === 'number') return { partition: index, errorCode: partition };
        const errorCode = partition.checkLeaderEpoch(currentLeaderEpoch);
        if (errorCode !== ErrorCode.NONE) return { partition: index, errorCode };
        return { partition: index, errorCode, ...partition.endOfEpoch(leaderEpoch) };
      },
      limits.partitionsAnswering,
    ),
  })),
}));
