/** JoinGroup on a classic group: who may join, under which id, and whether that begins a rebalance. Static members: `static-join.ts`. */
import { unreachable } from '../../../base/assert.ts';
import { limits } from '../../../base/limits.ts';
import { ErrorCode } from '../../../protocol/error-code.ts';
import { PendingReply } from '../../pending-reply.ts';
import { type GroupTurn, newMemberId } from '../group-turn.ts';
import type { ClassicGroup } from './classic-group.ts';
import { type ClassicMember, NO_BYTES, sameProtocols } from './classic-member.ts';
import { acceptTerms, type JoinRequest, type JoinTerms, termsOf } from './join-terms.ts';
import { findMember, isRefused } from './membership.ts';
import { awaitJoin, completeJoinIfAllAreHere, generationReply, rebalance, removeMember } from './rebalance.ts';
import { type JoinAnswer, type JoinReply, joinRefusal, type Requester } from './replies.ts';
import { awaitFirstJoin, promiseMemberId } from './sessions.ts';
import { rejoinStatic } from './static-join.ts';

/** From here on a new member is given an id first and joins with it, so that a lost answer leaves no ghost (KIP-394). */
const MEMBER_ID_REQUIRED_VERSION = 4;

export function join(turn: GroupTurn, group: ClassicGroup, request: JoinRequest, requester: Requester): JoinAnswer {
  const { memberId, protocolType, groupInstanceId } = request;
  if (!hasRoom(turn, group, request)) {
    // A member that is one too many in a rebalance is out.
    group.pendingMembers.delete(memberId);
    removeMember(turn, group, memberId);
    completeJoinIfAllAreHere(turn, group);
    return joinRefusal(ErrorCode.GROUP_MAX_SIZE_REACHED, '');
  }
  const terms = termsOf(request);
  if (!group.supports(protocolType, terms.protocols)) {
    return joinRefusal(ErrorCode.INCONSISTENT_GROUP_PROTOCOL, memberId);
  }
  if (memberId === '') return joinNew(turn, group, { request, requester, terms });
  if (group.pendingMembers.has(memberId)) {
    if (groupInstanceId !== null) return joinRefusal(ErrorCode.UNKNOWN_MEMBER_ID, memberId);
    return addMember(turn, group, { memberId, request, requester, terms });
  }
  const member = findMember(group, { memberId, instanceId: groupInstanceId });
  if (isRefused(member)) return joinRefusal(member, memberId);
  return rejoin(turn, group, { member, terms });
}

interface NewMember {
  readonly request: JoinRequest;
  readonly requester: Requester;
  readonly terms: JoinTerms;
}

function joinNew(turn: GroupTurn, group: ClassicGroup, details: NewMember): JoinAnswer {
  const { request, requester } = details;
  const { groupInstanceId: instanceId } = request;
  const memberId = newMemberId(instanceId ?? requester.clientId, turn.random);
  if (instanceId !== null) {
    const present = group.members.get(group.staticMemberId(instanceId) ?? '');
    if (present !== undefined) return rejoinStatic(turn, group, { present, memberId, ...details });
  } else if (requester.apiVersion >= MEMBER_ID_REQUIRED_VERSION) {
    promiseMemberId(turn, group, { memberId, sessionTimeoutMs: request.sessionTimeoutMs });
    return joinRefusal(ErrorCode.MEMBER_ID_REQUIRED, memberId);
  }
  return addMember(turn, group, { memberId, ...details });
}

function addMember(turn: GroupTurn, group: ClassicGroup, details: NewMember & { memberId: string }): JoinAnswer {
  const { memberId, request, requester, terms } = details;
  const pending = new PendingReply<JoinReply>();
  const member: ClassicMember = {
    memberId,
    instanceId: request.groupInstanceId ?? undefined,
    clientId: requester.clientId,
    clientHost: requester.clientHost,
    ...terms,
    assignment: NO_BYTES,
    awaitingJoin: pending,
    awaitingSync: undefined,
    isNew: true,
    deadlineMs: Infinity,
  };
  if (group.initialRebalance !== undefined) group.initialRebalance.memberAdded = true;
  group.add(member, request.protocolType);
  awaitFirstJoin(turn, group, member);
  rebalance(turn, group);
  return pending;
}

function rejoin(
  turn: GroupTurn,
  group: ClassicGroup,
  { member, terms }: { member: ClassicMember; terms: JoinTerms },
): JoinAnswer {
  const isUnchanged = sameProtocols(member.protocols, terms.protocols);
  switch (group.state) {
    case 'PreparingRebalance':
      break;
    case 'CompletingRebalance':
      // It may have missed the answer of its first join.
      if (isUnchanged) return generationReply(group, member);
      break;
    case 'Stable':
      // A leader that joins again wants to assign again.
      if (isUnchanged && !group.isLeader(member.memberId)) return generationReply(group, member);
      break;
    case 'Empty':
      return joinRefusal(ErrorCode.UNKNOWN_MEMBER_ID, member.memberId);
    default:
      return unreachable(group.state);
  }
  acceptTerms(group, member, terms);
  const pending = awaitJoin(turn, group, member);
  rebalance(turn, group);
  return pending;
}

/** `group.max.size` counts members; in a rebalance those who have joined again, so that the last to come are the ones left out. */
function hasRoom({ settings }: GroupTurn, group: ClassicGroup, { memberId, groupInstanceId }: JoinRequest): boolean {
  if (memberId === '' && group.pendingMembers.size >= limits.pendingMembersPerGroup) return false;
  const isReturning = memberId === '' && groupInstanceId !== null;
  const member = group.members.get(isReturning ? (group.staticMemberId(groupInstanceId) ?? '') : memberId);
  switch (group.state) {
    case 'Empty':
      return true;
    case 'PreparingRebalance':
      return member?.awaitingJoin !== undefined || group.awaitingJoinCount < settings.maxSize;
    case 'CompletingRebalance':
    case 'Stable':
      return member !== undefined || group.members.size < settings.maxSize;
    default:
      return unreachable(group.state);
  }
}
