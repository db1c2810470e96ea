/** What the steps of a classic group answer: the responses of the protocol, ready for the encoder. */
import { ErrorCode } from '../../../protocol/error-code.ts';
import type { JoinGroup } from '../../../protocol/messages/join-group.ts';
import type { SyncGroup } from '../../../protocol/messages/sync-group.ts';
import type { ResponseOf } from '../../../protocol/schema.ts';
import type { PendingReply } from '../../pending-reply.ts';

export type JoinReply = ResponseOf<typeof JoinGroup>;
/** Its reply, or one that it is owed. */
export type JoinAnswer = JoinReply | PendingReply<JoinReply>;
export type SyncReply = ResponseOf<typeof SyncGroup>;

/** Who sent a request, and in which version. */
export interface Requester {
  readonly apiVersion: number;
  /** Empty when the client sent none. */
  readonly clientId: string;
  /** In Kafka's manner, `/127.0.0.1`. */
  readonly clientHost: string;
}

export function joinRefusal(errorCode: ErrorCode, memberId: string): JoinReply {
  return { errorCode, memberId, protocolType: null, protocolName: null };
}

export function syncRefusal(errorCode: ErrorCode): SyncReply {
  return { errorCode };
}

/** Answers to a request whose place a newer one of the same member has taken: whoever still waits for it joins again. */
export const REPLACED = ErrorCode.REBALANCE_IN_PROGRESS;
