/** Heartbeat on a classic group: moves one deadline and tells whether a rebalance wants the member. Looks at no other member. */
import { ErrorCode } from '../../../protocol/error-code.ts';
import type { Heartbeat } from '../../../protocol/messages/heartbeat.ts';
import type { RequestOf } from '../../../protocol/schema.ts';
import type { GroupTurn } from '../group-turn.ts';
import type { ClassicGroup } from './classic-group.ts';
import { findMember, isRefused } from './membership.ts';
import { renewSession } from './sessions.ts';

export type HeartbeatRequest = RequestOf<typeof Heartbeat>;

export function heartbeat(turn: GroupTurn, group: ClassicGroup, request: HeartbeatRequest): ErrorCode {
  const member = findMember(group, { memberId: request.memberId, instanceId: request.groupInstanceId });
  if (isRefused(member)) return member;
  if (request.generationId !== group.generation) return ErrorCode.ILLEGAL_GENERATION;
  renewSession(turn, group, member);
  return group.state === 'PreparingRebalance' ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE;
}
