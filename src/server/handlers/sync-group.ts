/**
 * SyncGroup v0–5: the leader of a generation brings everyone's assignment, the others fetch theirs. Answered when the assignment is durable.
 *
 * v3 knows static members (KIP-345), v4 is flexible, v5 names the protocol that the member believes in (KIP-559).
 *
 * Differs from Apache Kafka: a waiting sync whose member leaves is answered UNKNOWN_MEMBER_ID, the first of two of one member
 * REBALANCE_IN_PROGRESS (never answered, there).
 */
import { ErrorCode } from '../../protocol/error-code.ts';
import { SyncGroup } from '../../protocol/messages/sync-group.ts';
import { handler } from '../handler.ts';

const PROTOCOL_NAMED_VERSION = 5;

export const syncGroup = handler(SyncGroup, (request, { broker, apiVersion }) => {
  const isNamed = request.protocolType !== null && request.protocolName !== null;
  if (apiVersion >= PROTOCOL_NAMED_VERSION && !isNamed) return { errorCode: ErrorCode.INCONSISTENT_GROUP_PROTOCOL };
  return broker.groups.syncGroup(request);
});
