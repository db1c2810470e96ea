/** Whether a request comes from a member, and from the one that its static id belongs to (KIP-345). */
import { ErrorCode } from '../../../protocol/error-code.ts';
import type { ClassicGroup } from './classic-group.ts';
import type { ClassicMember } from './classic-member.ts';

export interface Claim {
  readonly memberId: string;
  readonly instanceId: string | null;
}

/** The member that is meant, or why it is refused. */
export function findMember(group: ClassicGroup, { memberId, instanceId }: Claim): ClassicMember | ErrorCode {
  if (instanceId !== null) {
    const owner = group.staticMemberId(instanceId);
    if (owner === undefined) return ErrorCode.UNKNOWN_MEMBER_ID;
    if (owner !== memberId) return ErrorCode.FENCED_INSTANCE_ID;
  }
  return group.members.get(memberId) ?? ErrorCode.UNKNOWN_MEMBER_ID;
}

export function isRefused(found: ClassicMember | ErrorCode): found is ErrorCode {
  return typeof found === 'number';
}
