/** What DescribeGroups and ListGroups say about a classic group. */
import type { DescribeGroups } from '../../../protocol/messages/describe-groups.ts';
import type { ListGroups } from '../../../protocol/messages/list-groups.ts';
import type { ResponseOf } from '../../../protocol/schema.ts';
import type { ClassicGroup } from './classic-group.ts';
import { metadataFor, NO_BYTES } from './classic-member.ts';

export type DescribedGroup = NonNullable<ResponseOf<typeof DescribeGroups>['groups']>[number];
export type ListedGroup = NonNullable<ResponseOf<typeof ListGroups>['groups']>[number];

/** The protocol and what members said for it are told of a stable group only; before, they may still change. */
export function describe(group: ClassicGroup): DescribedGroup {
  const protocolName = group.state === 'Stable' ? group.protocolName : undefined;
  return {
    groupId: group.groupId,
    groupState: group.state,
    protocolType: group.protocolType ?? '',
    protocolData: protocolName ?? '',
    members: Array.from(group.members.values(), (member) => ({
      memberId: member.memberId,
      groupInstanceId: member.instanceId ?? null,
      clientId: member.clientId,
      clientHost: member.clientHost,
      memberMetadata: protocolName === undefined ? NO_BYTES : metadataFor(member, protocolName),
      memberAssignment: member.assignment,
    })),
  };
}

export function listed(group: ClassicGroup): ListedGroup {
  return {
    groupId: group.groupId,
    protocolType: group.protocolType ?? '',
    groupState: group.state,
    groupType: 'classic',
  };
}
