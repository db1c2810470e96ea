/**
 * OffsetDelete v0 (KIP-496): forgets what a group has committed for some partitions, unless its members use them.
 *
 * Differs from Apache Kafka: the answer has the partitions in the order of the request.
 */
import { ErrorCode } from '../../protocol/error-code.ts';
import { OffsetDelete } from '../../protocol/messages/offset-delete.ts';
import { handler } from '../handler.ts';
import { mapSoon } from '../soon.ts';

export const offsetDelete = handler(OffsetDelete, ({ groupId, topics }, context) => {
  const { image } = context.broker.metadata;
  const asked = topics.map(({ name, partitions }) => {
    const topic = image.topicByName(name);
    const isKnown = (index: number) => topic?.partitions[index] !== undefined;
    return { name, partitions: partitions.map(({ partitionIndex: index }) => ({ index, isKnown: isKnown(index) })) };
  });
  const partitions = asked.flatMap((topic) =>
    topic.partitions.filter(({ isKnown }) => isKnown).map(({ index }) => ({ topic: topic.name, partition: index })),
  );
  const deleted = partitions.length === 0 ? [] : context.broker.groups.deleteOffsets({ groupId, partitions });
  context.admitNext();
  return mapSoon(deleted, (outcomes) => {
    if (typeof outcomes === 'number') return { errorCode: outcomes };
    let next = 0;
    const answers = asked.map((topic) => ({
      name: topic.name,
      partitions: topic.partitions.map(({ index, isKnown }) => ({
        partitionIndex: index,
        errorCode: isKnown ? (outcomes[next++] ?? ErrorCode.NONE) : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
      })),
    }));
    return { topics: answers };
  });
});
