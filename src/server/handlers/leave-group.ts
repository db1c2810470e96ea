/**
 * LeaveGroup v0–5: members leave, or are made to.
 *
 * v3 takes several, also by instance id (KIP-345), v4 is flexible, v5 has a reason (KIP-800).
 *
 * Differs from Apache Kafka: when only a promised member id leaves, a stable group is not rebalanced.
 */
import { ErrorCode } from '../../protocol/error-code.ts';
import { LeaveGroup } from '../../protocol/messages/leave-group.ts';
import { handler } from '../handler.ts';
import { mapSoon } from '../soon.ts';

const SEVERAL_VERSION = 3;

export const leaveGroup = handler(LeaveGroup, (request, context) => {
  const isSingle = context.apiVersion < SEVERAL_VERSION;
  const members = isSingle ? [{ memberId: request.memberId, groupInstanceId: null }] : request.members;
  const leavers = members.map(({ memberId, groupInstanceId }) => ({ memberId, instanceId: groupInstanceId }));
  const left = context.broker.groups.leaveGroup(request.groupId, leavers);
  context.admitNext();
  return mapSoon(left, (outcomes) => {
    if (typeof outcomes === 'number') return { errorCode: outcomes };
    if (isSingle) return { errorCode: outcomes[0] ?? ErrorCode.NONE };
    const answers = members.map(({ memberId, groupInstanceId }, index) => ({
      memberId,
      groupInstanceId,
      errorCode: outcomes[index] ?? ErrorCode.NONE,
    }));
    return { members: answers };
  });
});
