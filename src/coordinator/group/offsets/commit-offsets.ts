/** OffsetCommit: whether the sender may commit for the group as it stands, then one record per partition. */
import { ErrorCode } from '../../../protocol/error-code.ts';
import type { Turn } from '../../state-machine.ts';
import type { ClassicGroup } from '../classic/classic-group.ts';
import { findMember, isRefused } from '../classic/membership.ts';
import { renewSession } from '../classic/sessions.ts';
import type { GroupRecord } from '../group-record.ts';
import type { GroupState } from '../group-state.ts';

export interface OffsetsToCommit {
  readonly groupId: string;
  readonly memberId: string;
  readonly instanceId: string | null;
  /** Negative: the sender takes no part in the group's rebalances. */
  readonly generation: number;
  readonly apiVersion: number;
  /** Undefined: the broker's retention counts. */
  readonly retentionMs: number | undefined;
  readonly partitions: readonly OffsetToCommit[];
}

export interface OffsetToCommit {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  readonly offset: number;
  /** -1: unknown. */
  readonly leaderEpoch: number;
  readonly metadata: string;
}

/** From here on a group that does not exist has an error of its own (KIP-848). */
const GROUP_ID_NOT_FOUND_VERSION = 9;

/** One error code per partition, in order. */
export function commitOffsets(
  state: GroupState,
  log: Turn<GroupRecord>,
  commit: OffsetsToCommit,
): readonly ErrorCode[] {
  const turn = state.turn(log);
  const group = state.groups.get(commit.groupId);
  const error = group === undefined ? errorWithoutGroup(commit) : errorForSender(group, commit);
  if (error !== ErrorCode.NONE) return commit.partitions.map(() => error);
  const member = group?.members.get(commit.memberId);
  // To commit is a sign of life.
  if (group !== undefined && member !== undefined) renewSession(turn, group, member);
  const { retentionMs } = commit;
  const expireTimestampMs = retentionMs === undefined ? undefined : log.nowMs + retentionMs;
  return commit.partitions.map(({ topic, topicId, partition, offset, leaderEpoch, metadata }) => {
    if (metadata.length > turn.settings.offsetMetadataMax) return ErrorCode.OFFSET_METADATA_TOO_LARGE;
    const committed = { offset, leaderEpoch, metadata, commitTimestampMs: log.nowMs, expireTimestampMs, topicId };
    log.append({ kind: 'offset-commit', groupId: commit.groupId, topic, partition, committed });
    return ErrorCode.NONE;
  });
}

/** Whoever takes no part in rebalances may commit for a group that nobody has used yet. */
function errorWithoutGroup({ generation, apiVersion }: OffsetsToCommit): ErrorCode {
  if (generation < 0) return ErrorCode.NONE;
  return apiVersion >= GROUP_ID_NOT_FOUND_VERSION ? ErrorCode.GROUP_ID_NOT_FOUND : ErrorCode.ILLEGAL_GENERATION;
}

function errorForSender(group: ClassicGroup, commit: OffsetsToCommit): ErrorCode {
  const { generation, memberId, instanceId } = commit;
  if (generation < 0 && group.isEmpty) return ErrorCode.NONE;
  // An anonymous commit into a group that has members would overwrite theirs.
  if (generation < 0 && memberId === '' && instanceId === null) return ErrorCode.UNKNOWN_MEMBER_ID;
  const member = findMember(group, commit);
  if (isRefused(member)) return member;
  if (generation !== group.generation) return ErrorCode.ILLEGAL_GENERATION;
  // The member has the new generation and not yet its assignment: what it would commit may be another's.
  return group.state === 'CompletingRebalance' ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE;
}
