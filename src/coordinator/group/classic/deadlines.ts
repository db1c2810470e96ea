/**
 * What the clock decides about a classic group: sessions that ended, promised ids that nobody used, joins and syncs that took too long. Runs
 * when the earliest deadline may have come, looks at every member then, and asks to be woken for the next.
 */
import type { GroupTurn } from '../group-turn.ts';
import type { ClassicGroup } from './classic-group.ts';
import { isExcused } from './classic-member.ts';
import { onJoinDeadline, onSyncDeadline, prepareRebalance, rebalance, removeMember } from './rebalance.ts';
import { renewSession } from './sessions.ts';

export function onDeadline(turn: GroupTurn, group: ClassicGroup): void {
  const { log } = turn;
  const now = log.monotonicMs;
  expireSessions(turn, group);
  if (group.joinDeadlineMs <= now) onJoinDeadline(turn, group);
  if (group.syncDeadlineMs <= now) onSyncDeadline(turn, group);
  const next = nextDeadlineMs(group);
  if (next < Infinity) log.wakeAt(group.groupId, next);
}

/** After a replay: everyone gets a full session, and a group that has grown beyond what is allowed now is asked to join again. */
export function startSessions(turn: GroupTurn, group: ClassicGroup): void {
  for (const member of group.members.values()) renewSession(turn, group, member);
  if (group.members.size > turn.settings.maxSize) prepareRebalance(turn, group);
}

function expireSessions(turn: GroupTurn, group: ClassicGroup): void {
  const now = turn.log.monotonicMs;
  let anyGone = false;
  for (const [memberId, deadlineMs] of [...group.pendingMembers]) {
    if (deadlineMs > now) continue;
    group.pendingMembers.delete(memberId);
    anyGone = true;
  }
  let memberGone = false;
  for (const member of [...group.members.values()]) {
    if (member.deadlineMs > now) continue;
    if (isExcused(member)) {
      // The answer to its request begins a new session.
      member.deadlineMs = Infinity;
      continue;
    }
    removeMember(turn, group, member.memberId);
    memberGone = true;
  }
  // A promised id that is gone matters only to a rebalance that waited for it.
  if (memberGone || (anyGone && group.state === 'PreparingRebalance')) rebalance(turn, group);
}

function nextDeadlineMs(group: ClassicGroup): number {
  let next = Math.min(group.joinDeadlineMs, group.syncDeadlineMs);
  for (const deadlineMs of group.pendingMembers.values()) next = Math.min(next, deadlineMs);
  for (const member of group.members.values()) next = Math.min(next, member.deadlineMs);
  return next;
}
