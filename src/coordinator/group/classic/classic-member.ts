/** One member of a classic group: what it said about itself, what it was assigned, and which of its requests wait for an answer. */
import { Buffer } from 'node:buffer';
import type { PendingReply } from '../../pending-reply.ts';
import type { JoinReply, SyncReply } from './replies.ts';

export interface ClassicMember {
  readonly memberId: string;
  /** `group.instance.id` of a static member (KIP-345). */
  readonly instanceId: string | undefined;
  readonly clientId: string;
  readonly clientHost: string;
  rebalanceTimeoutMs: number;
  sessionTimeoutMs: number;
  /** In order of preference, each name once. */
  protocols: readonly MemberProtocol[];
  assignment: Uint8Array;
  /** Its JoinGroup, waiting for the others. */
  awaitingJoin: PendingReply<JoinReply> | undefined;
  /** Its SyncGroup, waiting for the leader. */
  awaitingSync: PendingReply<SyncReply> | undefined;
  /** It has not been told its member id yet, so it cannot send heartbeats. */
  isNew: boolean;
  /** Monotonic; without a sign of life until then it is removed. Infinity while a request of its waits. */
  deadlineMs: number;
}

export interface MemberProtocol {
  readonly name: string;
  readonly metadata: Uint8Array;
}

export const NO_BYTES = new Uint8Array(0);

/** What the member said for one protocol; empty when it does not know it. */
export function metadataFor(member: ClassicMember, protocolName: string): Uint8Array {
  return member.protocols.find(({ name }) => name === protocolName)?.metadata ?? NO_BYTES;
}

/** Whether it said the same things in the same order. */
export function sameProtocols(left: readonly MemberProtocol[], right: readonly MemberProtocol[]): boolean {
  return (
    left.length === right.length &&
    left.every(({ name, metadata }, index) => {
      const other = right[index];
      return other !== undefined && other.name === name && sameBytes(other.metadata, metadata);
    })
  );
}

/** A member whose request waits is alive without heartbeats; a new one is not, as nobody may be waiting any more. */
export function isExcused(member: ClassicMember): boolean {
  return !member.isNew && (member.awaitingJoin !== undefined || member.awaitingSync !== undefined);
}

export function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && Buffer.compare(left, right) === 0;
}
