/**
 * A static member comes back without its member id, as after a restart of its process (KIP-345): it takes the place of the one it was,
 * under a new id. A stable group that would choose the same protocol goes on as it is, and a leader that understands is told to leave the
 * assignment alone (KIP-814). Whoever still holds the old id is fenced.
 */
import { ErrorCode } from '../../../protocol/error-code.ts';
import type { GroupTurn } from '../group-turn.ts';
import type { ClassicGroup } from './classic-group.ts';
import type { ClassicMember } from './classic-member.ts';
import { acceptTerms, type JoinTerms } from './join-terms.ts';
import { awaitJoin, completeJoinIfAllAreHere, generationReply, prepareRebalance } from './rebalance.ts';
import { type JoinAnswer, type JoinReply, joinRefusal, type Requester, syncRefusal } from './replies.ts';
import { renewSession } from './sessions.ts';

/** From here on a leader can be told to skip the assignment. */
const SKIP_ASSIGNMENT_VERSION = 9;

export interface StaticReturn {
  readonly present: ClassicMember;
  /** The new id. */
  readonly memberId: string;
  readonly requester: Requester;
  readonly terms: JoinTerms;
}

export function rejoinStatic(turn: GroupTurn, group: ClassicGroup, details: StaticReturn): JoinAnswer {
  const { present, requester, terms } = details;
  const formerLeaderId = group.leaderId ?? '';
  fence(turn, group, present);
  const { clientId, clientHost } = requester;
  const member: ClassicMember = { ...present, memberId: details.memberId, clientId, clientHost, isNew: false };
  group.replaceStatic(present, member);
  acceptTerms(group, member, terms);
  renewSession(turn, group, member);
  if (group.state === 'Stable' && group.selectProtocol() === group.protocolName) {
    const { stateTimestampMs } = group;
    const metadata = group.metadata({ stateTimestampMs, assignmentOf: ({ assignment }) => assignment });
    turn.log.append({ kind: 'group-metadata', groupId: group.groupId, metadata });
    return stableReply(group, member, { formerLeaderId, requester });
  }
  const pending = awaitJoin(turn, group, member);
  // In CompletingRebalance the leader may be assigning to the old id, so that generation cannot be completed.
  if (group.state === 'PreparingRebalance') completeJoinIfAllAreHere(turn, group);
  else prepareRebalance(turn, group);
  return pending;
}

/** Before v9 even a leader is told that its former self leads: it then follows, and does not assign. */
function stableReply(
  group: ClassicGroup,
  member: ClassicMember,
  { formerLeaderId, requester }: { formerLeaderId: string; requester: Requester },
): JoinReply {
  const reply = generationReply(group, member);
  if (requester.apiVersion < SKIP_ASSIGNMENT_VERSION) return { ...reply, leader: formerLeaderId, members: [] };
  return { ...reply, skipAssignment: group.isLeader(member.memberId) };
}

function fence({ log }: GroupTurn, group: ClassicGroup, member: ClassicMember): void {
  if (member.awaitingJoin !== undefined) {
    log.reply(member.awaitingJoin, joinRefusal(ErrorCode.FENCED_INSTANCE_ID, member.memberId));
    group.setAwaitingJoin(member, undefined);
  }
  if (member.awaitingSync !== undefined) {
    log.reply(member.awaitingSync, syncRefusal(ErrorCode.FENCED_INSTANCE_ID));
    member.awaitingSync = undefined;
  }
}
