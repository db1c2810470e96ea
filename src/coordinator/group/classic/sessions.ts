/** Session deadlines: a member lives until its deadline, and every sign of life moves it. Moving one touches no timer. */
import type { GroupTurn } from '../group-turn.ts';
import type { ClassicGroup } from './classic-group.ts';
import type { ClassicMember } from './classic-member.ts';

/** A new member cannot send heartbeats while its first join waits; after five minutes nobody is waiting any more. */
const NEW_MEMBER_JOIN_TIMEOUT_MS = 5 * 60_000;

export function renewSession({ log }: GroupTurn, group: ClassicGroup, member: ClassicMember): void {
  member.deadlineMs = log.monotonicMs + member.sessionTimeoutMs;
  log.wakeAt(group.groupId, member.deadlineMs);
}

export function awaitFirstJoin({ log }: GroupTurn, group: ClassicGroup, member: ClassicMember): void {
  member.deadlineMs = log.monotonicMs + NEW_MEMBER_JOIN_TIMEOUT_MS;
  log.wakeAt(group.groupId, member.deadlineMs);
}

/** A member id was given out; it is kept for as long as a session would be (KIP-394). */
export function promiseMemberId(
  { log }: GroupTurn,
  group: ClassicGroup,
  promise: { memberId: string; sessionTimeoutMs: number },
): void {
  const deadlineMs = log.monotonicMs + promise.sessionTimeoutMs;
  group.pendingMembers.set(promise.memberId, deadlineMs);
  log.wakeAt(group.groupId, deadlineMs);
}
