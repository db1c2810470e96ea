/**
 * A rebalance from its beginning to the generation that comes out of it: everybody is asked to join again, and when all have, or the time
 * is up, the join phase completes. What the leader then assigns is `sync.ts`.
 */
import { ErrorCode } from '../../../protocol/error-code.ts';
import { PendingReply } from '../../pending-reply.ts';
import type { GroupTurn } from '../group-turn.ts';
import type { ClassicGroup } from './classic-group.ts';
import { type ClassicMember, metadataFor, NO_BYTES } from './classic-member.ts';
import { type JoinReply, joinRefusal, REPLACED, syncRefusal } from './replies.ts';
import { renewSession } from './sessions.ts';

/** After a change that a stable generation does not survive; in a rebalance that is under way already, looks whether it is complete. */
export function rebalance(turn: GroupTurn, group: ClassicGroup): void {
  if (group.state === 'PreparingRebalance') completeJoinIfAllAreHere(turn, group);
  else prepareRebalance(turn, group);
}

export function prepareRebalance(turn: GroupTurn, group: ClassicGroup): void {
  const { log } = turn;
  if (group.state === 'CompletingRebalance') refuseWaitingSyncs(turn, group);
  endSyncPhase(group);
  const isInitial = group.isEmpty;
  group.enter('PreparingRebalance', log.nowMs);
  if (isInitial) beginInitialRebalance(turn, group);
  else if (group.hasAllMembersJoined) completeJoin(turn, group);
  else awaitJoinsUntil(turn, group, log.monotonicMs + group.rebalanceTimeoutMs);
}

/** Parks the member's join in place of an earlier one of its own, which is answered now. */
export function awaitJoin({ log }: GroupTurn, group: ClassicGroup, member: ClassicMember): PendingReply<JoinReply> {
  const pending = new PendingReply<JoinReply>();
  if (member.awaitingJoin !== undefined) log.reply(member.awaitingJoin, joinRefusal(REPLACED, member.memberId));
  group.setAwaitingJoin(member, pending);
  return pending;
}

/** The first rebalance of an empty group does not end before its time, however many are here. */
export function completeJoinIfAllAreHere(turn: GroupTurn, group: ClassicGroup): void {
  const isWaiting = group.state === 'PreparingRebalance' && group.initialRebalance === undefined;
  if (isWaiting && group.hasAllMembersJoined) completeJoin(turn, group);
}

/** The time for joining is up. */
export function onJoinDeadline(turn: GroupTurn, group: ClassicGroup): void {
  const { initialRebalance: initial } = group;
  if (initial === undefined || !initial.memberAdded || initial.remainingMs === 0) {
    completeJoin(turn, group);
    return;
  }
  // Members keep coming: wait once more, as far as the rebalance timeout allows.
  const delayMs = Math.min(turn.settings.initialRebalanceDelayMs, initial.remainingMs);
  initial.memberAdded = false;
  initial.remainingMs -= delayMs;
  awaitJoinsUntil(turn, group, turn.log.monotonicMs + delayMs);
}

/** The time for syncing is up: those who have not are gone, and the others begin anew. */
export function onSyncDeadline(turn: GroupTurn, group: ClassicGroup): void {
  const late = [...group.pendingSync];
  endSyncPhase(group);
  if (late.length === 0) return;
  for (const memberId of late) removeMember(turn, group, memberId);
  prepareRebalance(turn, group);
}

/** The member has synced. */
export function leaveSyncPhase(group: ClassicGroup, memberId: string): void {
  group.pendingSync.delete(memberId);
  if (group.pendingSync.size === 0) group.syncDeadlineMs = Infinity;
}

/** Whatever of its requests waits is told that nobody knows it. What follows for the group is the caller's to decide. */
export function removeMember({ log }: GroupTurn, group: ClassicGroup, memberId: string): void {
  const member = group.members.get(memberId);
  if (member === undefined) return;
  if (member.awaitingJoin !== undefined) log.reply(member.awaitingJoin, joinRefusal(ErrorCode.UNKNOWN_MEMBER_ID, ''));
  if (member.awaitingSync !== undefined) log.reply(member.awaitingSync, syncRefusal(ErrorCode.UNKNOWN_MEMBER_ID));
  group.remove(memberId);
}

/** What a member is told about the generation that it belongs to. */
export function generationReply(group: ClassicGroup, member: ClassicMember): JoinReply {
  return {
    memberId: member.memberId,
    generationId: group.generation,
    protocolType: group.protocolType ?? null,
    protocolName: group.protocolName ?? null,
    leader: group.leaderId ?? '',
    members: group.isLeader(member.memberId) ? memberList(group) : [],
  };
}

/** What a leader needs to know for assigning. */
function memberList(group: ClassicGroup): NonNullable<JoinReply['members']> {
  return Array.from(group.members.values(), (member) => ({
    memberId: member.memberId,
    groupInstanceId: member.instanceId ?? null,
    metadata: metadataFor(member, group.protocolName ?? ''),
  }));
}

function beginInitialRebalance(turn: GroupTurn, group: ClassicGroup): void {
  const delayMs = turn.settings.initialRebalanceDelayMs;
  if (delayMs <= 0) {
    completeJoin(turn, group);
    return;
  }
  const remainingMs = Math.max(group.rebalanceTimeoutMs - delayMs, 0);
  group.initialRebalance = { remainingMs, memberAdded: false };
  awaitJoinsUntil(turn, group, turn.log.monotonicMs + delayMs);
}

function awaitJoinsUntil({ log }: GroupTurn, group: ClassicGroup, deadlineMs: number): void {
  group.joinDeadlineMs = deadlineMs;
  log.wakeAt(group.groupId, deadlineMs);
}

/** The join phase is over: dynamic members that have not come are gone, static ones stay as long as their session lasts. */
function completeJoin(turn: GroupTurn, group: ClassicGroup): void {
  const { log } = turn;
  group.joinDeadlineMs = Infinity;
  group.initialRebalance = undefined;
  for (const member of [...group.members.values()]) {
    if (member.awaitingJoin === undefined && member.instanceId === undefined) group.remove(member.memberId);
  }
  if (group.members.size === 0) {
    becomeEmpty(turn, group);
  } else if (group.electJoinedLeader()) {
    beginGeneration(turn, group);
  } else {
    // Only absent static members are left: nobody could lead.
    awaitJoinsUntil(turn, group, log.monotonicMs + group.rebalanceTimeoutMs);
  }
}

/** Becoming empty takes a generation of its own, so that nobody who left can be mistaken for a member of the next one. */
function becomeEmpty({ log }: GroupTurn, group: ClassicGroup): void {
  const metadata = {
    protocolType: group.protocolType ?? '',
    generation: group.generation + 1,
    protocolName: undefined,
    leaderId: undefined,
    stateTimestampMs: log.nowMs,
    members: [],
  };
  log.append({ kind: 'group-metadata', groupId: group.groupId, metadata });
}

function beginGeneration(turn: GroupTurn, group: ClassicGroup): void {
  const { log } = turn;
  group.generation += 1;
  group.setProtocolName(group.selectProtocol());
  group.enter('CompletingRebalance', log.nowMs);
  group.pendingSync.clear();
  for (const member of group.members.values()) {
    group.pendingSync.add(member.memberId);
    const { awaitingJoin } = member;
    if (awaitingJoin !== undefined) log.reply(awaitingJoin, generationReply(group, member));
    group.setAwaitingJoin(member, undefined);
    member.isNew = false;
    renewSession(turn, group, member);
  }
  group.syncDeadlineMs = log.monotonicMs + group.rebalanceTimeoutMs;
  log.wakeAt(group.groupId, group.syncDeadlineMs);
}

function refuseWaitingSyncs(turn: GroupTurn, group: ClassicGroup): void {
  for (const member of group.members.values()) {
    member.assignment = NO_BYTES;
    if (member.awaitingSync === undefined) continue;
    turn.log.reply(member.awaitingSync, syncRefusal(ErrorCode.REBALANCE_IN_PROGRESS));
    member.awaitingSync = undefined;
    renewSession(turn, group, member);
  }
}

function endSyncPhase(group: ClassicGroup): void {
  group.pendingSync.clear();
  group.syncDeadlineMs = Infinity;
}
