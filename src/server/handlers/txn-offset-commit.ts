/**
 * TxnOffsetCommit v0–5: a producer commits a group's offsets in its transaction. They count when the transaction does (KIP-98).
 *
 * v1 throttles after the answer (KIP-219), v2 has leader epochs (KIP-320), v3 names the member that the producer works for and is flexible (KIP-447), v4 says
 * TRANSACTION_ABORTABLE, v5 adds the group to the transaction by itself (KIP-890).
 *
 * The transaction coordinator is asked first, unless the transaction is open in the group's partition already. Answered when the offsets are durable.
 *
 * Differs from Apache Kafka: the answer has the partitions in the order of the request.
 */
import { admitCommit } from '../../broker/commit-admission.ts';
import type { OffsetToCommit } from '../../coordinator/group/offsets/commit-offsets.ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import { TxnOffsetCommit } from '../../protocol/messages/txn-offset-commit.ts';
import type { RequestOf } from '../../protocol/schema.ts';
import { handler, type RequestContext } from '../handler.ts';
import { answersFor, offsetsToCommit, withTopics } from './committed-partitions.ts';

type Request = RequestOf<typeof TxnOffsetCommit>;

export const txnOffsetCommit = handler(TxnOffsetCommit, async (request, context) => {
  const { image } = context.broker.metadata;
  const topics = withTopics(request.topics, ({ name }) => image.topicByName(name));
  const commits = offsetsToCommit(topics);
  const outcomes = commits.length === 0 ? [] : await commitAll(request, commits, context);
  return { topics: answersFor(topics, outcomes, () => ErrorCode.UNKNOWN_TOPIC_OR_PARTITION) };
});

async function commitAll(
  request: Request,
  partitions: readonly OffsetToCommit[],
  context: RequestContext,
): Promise<readonly ErrorCode[]> {
  const { broker, apiVersion } = context;
  const { transactionalId, groupId, producerId, producerEpoch } = request;
  const admission = await admitCommit({ transactionalId, groupId, producerId, producerEpoch, apiVersion }, broker);
  if (admission.kind === 'refused') return partitions.map(() => admission.error);
  const committed = broker.groups.commitInTransaction(
    {
      groupId,
      memberId: request.memberId,
      instanceId: request.groupInstanceId,
      generation: request.generationId,
      partitions,
    },
    { producerId, producerEpoch, guard: admission.guard },
  );
  context.admitNext();
  return committed;
}
