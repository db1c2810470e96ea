/**
 * TxnOffsetCommit: offsets that a producer's transaction commits for a group. They are pending until the transaction ends. The producer may belong to no member at
 * all; only when it says which member it works for, that member must still be the one (KIP-447).
 */
import { ErrorCode } from '../../../protocol/error-code.ts';
import type { TransactionalDecision } from '../../transactional-write.ts';
import type { ClassicGroup } from '../classic/classic-group.ts';
import { findMember, isRefused } from '../classic/membership.ts';
import type { GroupRecord } from '../group-record.ts';
import type { GroupState } from '../group-state.ts';
import type { OffsetToCommit } from './commit-offsets.ts';

export interface TransactionalOffsets {
  readonly groupId: string;
  /** Empty: the producer does not say. */
  readonly memberId: string;
  readonly instanceId: string | null;
  /** Negative: the producer does not say. */
  readonly generation: number;
  readonly partitions: readonly OffsetToCommit[];
}

/** One error code per partition, in order. */
export function commitInTransaction(
  state: GroupState,
  {
    commit,
    nowMs,
    metadataMax,
  }: { readonly commit: TransactionalOffsets; readonly nowMs: number; readonly metadataMax: number },
): TransactionalDecision<GroupRecord, readonly ErrorCode[]> {
  const { groupId, partitions } = commit;
  const refusal = errorForSender(state.groups.get(groupId), commit);
  if (refusal !== ErrorCode.NONE) return { records: [], reply: partitions.map(() => refusal) };
  const records: GroupRecord[] = [];
  const reply = partitions.map(({ topic, topicId, partition, offset, leaderEpoch, metadata }) => {
    if (metadata.length > metadataMax) return ErrorCode.OFFSET_METADATA_TOO_LARGE;
    // Since the request came the coordinator was asked, and the topic may be gone.
    if (state.topics.nameOf(topicId) === undefined) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
    const committed = {
      offset,
      leaderEpoch,
      metadata,
      commitTimestampMs: nowMs,
      expireTimestampMs: undefined,
      topicId,
    };
    records.push({ kind: 'offset-commit', groupId, topic, partition, committed });
    return ErrorCode.NONE;
  });
  return { records, reply };
}

function errorForSender(group: ClassicGroup | undefined, commit: TransactionalOffsets): ErrorCode {
  const { generation, memberId, instanceId } = commit;
  if (group === undefined) return generation < 0 ? ErrorCode.NONE : ErrorCode.ILLEGAL_GENERATION;
  const isAnonymous = memberId === '' && instanceId === null;
  if (generation < 0 && (group.isEmpty || isAnonymous)) return ErrorCode.NONE;
  const member = findMember(group, commit);
  if (isRefused(member)) return member;
  return generation === group.generation ? ErrorCode.NONE : ErrorCode.ILLEGAL_GENERATION;
}
