/** Why a partition stopped serving: what its waiters are told, and what clients see as an error code. */
import { unreachable } from '../base/assert.ts';
import { ErrorCode } from '../protocol/error-code.ts';

export type PartitionFaultKind =
  /** The log failed; what was not acknowledged is in doubt until it has been read back. */
  | 'storage'
  /** Another broker leads it, or this one leads it in another epoch. */
  | 'not-leader'
  /** The topic is gone. */
  | 'deleted'
  /** The broker stops. */
  | 'closed';

export class PartitionFault extends Error {
  override readonly name = 'PartitionFault';
  readonly kind: PartitionFaultKind;
  readonly topic: string;
  readonly partition: number;

  constructor(details: { kind: PartitionFaultKind; topic: string; partition: number; cause?: unknown }) {
    super(`partition ${details.topic}-${details.partition} stopped: ${details.kind}`, { cause: details.cause });
    this.kind = details.kind;
    this.topic = details.topic;
    this.partition = details.partition;
  }
}

/** What a client is told. All of these are answers after which clients look for the leader again and retry. */
export function errorOfFault(kind: PartitionFaultKind): ErrorCode {
  switch (kind) {
    case 'storage':
      return ErrorCode.KAFKA_STORAGE_ERROR;
    case 'not-leader':
    case 'closed':
      return ErrorCode.NOT_LEADER_OR_FOLLOWER;
    case 'deleted':
      return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
    default:
      return unreachable(kind);
  }
}
