/**
 * AlterReplicaLogDirs v1–2: moves partitions to other data directories of this broker (KIP-113), not to cordoned ones (KIP-1066). v2 is flexible.
 *
 * Answered when the wish is durable; DescribeLogDirs shows how far the copy has come. A partition that is not there yet will be made where it was wished, and is
 * answered with an error all the same. Differs from Apache Kafka: a partition is moved also while another data directory is offline.
 */
import { inOrder } from '../../base/in-order.ts';
import { moveReplica } from '../../broker/move-replica.ts';
import { AlterReplicaLogDirs } from '../../protocol/messages/alter-replica-log-dirs.ts';
import type { RequestOf } from '../../protocol/schema.ts';
import { handler } from '../handler.ts';

export const alterReplicaLogDirs = handler(AlterReplicaLogDirs, async ({ dirs }, { broker }) => ({
  results: await inOrder([...wishesByTopic(dirs)], async ([topicName, paths]) => ({
    topicName,
    partitions: await inOrder([...paths], async ([partitionIndex, path]) => ({
      partitionIndex,
      errorCode: await moveReplica({ topic: topicName, partition: partitionIndex }, { path, broker }),
    })),
  })),
}));

/** Of several wishes for a partition the last one counts. */
function wishesByTopic(dirs: RequestOf<typeof AlterReplicaLogDirs>['dirs']): Map<string, Map<number, string>> {
  const wishes = new Map<string, Map<number, string>>();
  for (const { path, topics } of dirs) {
    for (const { name, partitions } of topics) {
      const paths = wishes.get(name) ?? new Map<number, string>();
      wishes.set(name, paths);
      for (const index of partitions) paths.set(index, path);
    }
  }
  return wishes;
}
