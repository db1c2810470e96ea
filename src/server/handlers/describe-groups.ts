/**
 * DescribeGroups v0–6: state and members of classic groups.
 *
 * v3 tells the operations that the client may do (KIP-430), v4 instance ids (KIP-345), v5 is flexible, v6 says GROUP_ID_NOT_FOUND (KIP-1043), where before a
 * group that does not exist is Dead. Differs from Apache Kafka: nothing known.
 */
import { ErrorCode } from '../../protocol/error-code.ts';
import { DescribeGroups } from '../../protocol/messages/describe-groups.ts';
import type { ResponseOf } from '../../protocol/schema.ts';
import { ALL_GROUP_OPERATIONS, OPERATIONS_NOT_ASKED } from '../authorized-operations.ts';
import { handler } from '../handler.ts';

type GroupAnswer = NonNullable<ResponseOf<typeof DescribeGroups>['groups']>[number];

const GROUP_ID_NOT_FOUND_VERSION = 6;

export const describeGroups = handler(DescribeGroups, async (request, { broker, apiVersion }) => {
  const described = await Promise.all(request.groups.map((groupId) => broker.groups.describeGroup(groupId)));
  const groups = described.map((found, index): GroupAnswer => {
    const groupId = request.groups[index] ?? '';
    return typeof found === 'number' ? withoutGroup(groupId, found, apiVersion) : found;
  });
  if (!request.includeAuthorizedOperations) {
    return { groups: groups.map((group) => ({ ...group, authorizedOperations: OPERATIONS_NOT_ASKED })) };
  }
  return { groups: groups.map((group) => ({ ...group, authorizedOperations: operationsOn(group) })) };
});

function withoutGroup(groupId: string, error: ErrorCode, apiVersion: number): GroupAnswer {
  if (error !== ErrorCode.GROUP_ID_NOT_FOUND) return { groupId, errorCode: error };
  if (apiVersion < GROUP_ID_NOT_FOUND_VERSION) return { groupId, groupState: 'Dead' };
  return { groupId, groupState: 'Dead', errorCode: error, errorMessage: `There is no group ${groupId}.` };
}

function operationsOn({ errorCode = ErrorCode.NONE }: GroupAnswer): number {
  return errorCode === ErrorCode.NONE ? ALL_GROUP_OPERATIONS : OPERATIONS_NOT_ASKED;
}
