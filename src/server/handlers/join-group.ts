/**
 * JoinGroup v0–9: a member joins a group, or joins again in a rebalance. Answered when the generation is complete.
 *
 * v1 added the rebalance timeout (KIP-62), v4 requires a member id (KIP-394), v5 knows static members (KIP-345), v6 is flexible, v7 names the protocol type
 * (KIP-559), v8 a reason (KIP-800), v9 lets a returning static leader skip the assignment (KIP-814).
 *
 * Differs from Apache Kafka: a protocol that is named twice counts once (Kafka never answers); of two joins of one member the first is answered
 * REBALANCE_IN_PROGRESS (never, there); a static member that comes back finds its place also in a group that is full; a pending id that
 * comes with an instance id is UNKNOWN_MEMBER_ID (a server error, there).
 */
import { JoinGroup } from '../../protocol/messages/join-group.ts';
import { handler } from '../handler.ts';
import { requester } from '../requester.ts';
import { mapSoon } from '../soon.ts';

/** Before, the name of the protocol cannot be null. */
const NULLABLE_PROTOCOL_VERSION = 7;

export const joinGroup = handler(JoinGroup, (request, context) =>
  mapSoon(context.broker.groups.joinGroup(request, requester(context)), (reply) =>
    context.apiVersion >= NULLABLE_PROTOCOL_VERSION ? reply : { ...reply, protocolName: reply.protocolName ?? '' },
  ),
);
