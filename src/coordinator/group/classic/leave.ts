/** LeaveGroup on a classic group: members go, one by one or several at once, also static ones by the hand of an administrator (KIP-345). */
import { ErrorCode } from '../../../protocol/error-code.ts';
import type { GroupTurn } from '../group-turn.ts';
import type { ClassicGroup } from './classic-group.ts';
import { findMember, isRefused } from './membership.ts';
import { rebalance, removeMember } from './rebalance.ts';

export interface Leaver {
  /** Empty: whoever has the instance id. */
  readonly memberId: string;
  readonly instanceId: string | null;
}

/** One error code per leaver, in order. */
export function leave(turn: GroupTurn, group: ClassicGroup, leavers: readonly Leaver[]): readonly ErrorCode[] {
  const sizeBefore = group.members.size;
  const outcomes = leavers.map((leaver) => leaveOne(turn, group, leaver));
  // A promised id that goes matters only to a rebalance that waits for it.
  if (group.members.size < sizeBefore || group.state === 'PreparingRebalance') rebalance(turn, group);
  return outcomes;
}

function leaveOne(turn: GroupTurn, group: ClassicGroup, { memberId, instanceId }: Leaver): ErrorCode {
  if (memberId === '') {
    const owner = instanceId === null ? undefined : group.staticMemberId(instanceId);
    if (owner === undefined) return ErrorCode.UNKNOWN_MEMBER_ID;
    removeMember(turn, group, owner);
    return ErrorCode.NONE;
  }
  if (group.pendingMembers.delete(memberId)) return ErrorCode.NONE;
  const member = findMember(group, { memberId, instanceId });
  if (isRefused(member)) return member;
  removeMember(turn, group, memberId);
  return ErrorCode.NONE;
}
