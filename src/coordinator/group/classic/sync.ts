/** SyncGroup on a classic group: followers wait, the leader brings the assignment, the record of it makes the group stable. */
import { Buffer } from 'node:buffer';
import { unreachable } from '../../../base/assert.ts';
import { ErrorCode } from '../../../protocol/error-code.ts';
import type { SyncGroup } from '../../../protocol/messages/sync-group.ts';
import type { RequestOf } from '../../../protocol/schema.ts';
import { PendingReply } from '../../pending-reply.ts';
import type { GroupTurn } from '../group-turn.ts';
import type { ClassicGroup } from './classic-group.ts';
import { type ClassicMember, NO_BYTES } from './classic-member.ts';
import { findMember, isRefused } from './membership.ts';
import { leaveSyncPhase } from './rebalance.ts';
import { REPLACED, type SyncReply, syncRefusal } from './replies.ts';
import { renewSession } from './sessions.ts';

export type SyncRequest = RequestOf<typeof SyncGroup>;

export function sync(turn: GroupTurn, group: ClassicGroup, request: SyncRequest): SyncReply | PendingReply<SyncReply> {
  const member = findMember(group, { memberId: request.memberId, instanceId: request.groupInstanceId });
  if (isRefused(member)) return syncRefusal(member);
  if (request.generationId !== group.generation) return syncRefusal(ErrorCode.ILLEGAL_GENERATION);
  if (!namesProtocol(group, request)) return syncRefusal(ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
  switch (group.state) {
    case 'PreparingRebalance':
      return syncRefusal(ErrorCode.REBALANCE_IN_PROGRESS);
    case 'CompletingRebalance': {
      const pending = awaitSync(turn, member);
      leaveSyncPhase(group, member.memberId);
      if (group.isLeader(member.memberId)) completeSync(turn, group, request);
      return pending;
    }
    case 'Stable':
      leaveSyncPhase(group, member.memberId);
      return syncReply(group, member);
    case 'Empty':
      return syncRefusal(ErrorCode.UNKNOWN_MEMBER_ID);
    default:
      return unreachable(group.state);
  }
}

function completeSync(turn: GroupTurn, group: ClassicGroup, request: SyncRequest): void {
  const { log } = turn;
  // The bytes are views of the request; they are kept longer than it.
  const assigned = new Map(request.assignments.map((one) => [one.memberId, Buffer.from(one.assignment)]));
  const metadata = group.metadata({
    stateTimestampMs: log.nowMs,
    assignmentOf: ({ memberId }) => assigned.get(memberId) ?? NO_BYTES,
  });
  log.append({ kind: 'group-metadata', groupId: group.groupId, metadata });
  for (const member of group.members.values()) {
    if (member.awaitingSync === undefined) continue;
    log.reply(member.awaitingSync, syncReply(group, member));
    member.awaitingSync = undefined;
    renewSession(turn, group, member);
  }
}

/** Parks the member's sync in place of an earlier one of its own, which is answered now. */
function awaitSync({ log }: GroupTurn, member: ClassicMember): PendingReply<SyncReply> {
  const pending = new PendingReply<SyncReply>();
  if (member.awaitingSync !== undefined) log.reply(member.awaitingSync, syncRefusal(REPLACED));
  member.awaitingSync = pending;
  return pending;
}

function syncReply(group: ClassicGroup, member: ClassicMember): SyncReply {
  return {
    protocolType: group.protocolType ?? null,
    protocolName: group.protocolName ?? null,
    assignment: member.assignment,
  };
}

/** From v5 on a member says what it believes to have joined (KIP-559). */
function namesProtocol(group: ClassicGroup, { protocolType, protocolName }: SyncRequest): boolean {
  return (
    (protocolType === null || protocolType === group.protocolType) &&
    (protocolName === null || protocolName === group.protocolName)
  );
}
