/**
 * The records of `__consumer_offsets` as the group coordinator works with them, and their layout in the log. The layout is Kafka's own, so its
 * tools read what is written here; nothing else in this folder knows it.
 */
import { Buffer } from 'node:buffer';
import { unreachable } from '../../base/assert.ts';
import {
  decodeKey,
  decodeValue,
  encodeKey,
  encodeValue,
  recordTypeOf,
  type ValueOf,
} from '../../protocol/records/coordinator-record.ts';
import { GroupMetadata as GroupMetadataRecord } from '../../protocol/records/group/group-metadata.ts';
import { OffsetCommit as OffsetCommitRecord } from '../../protocol/records/group/offset-commit.ts';
import { ZERO_UUID } from '../../protocol/uuid.ts';
import type { EncodedRecord, RecordCodec } from '../state-machine.ts';

export type GroupRecord =
  /** Undefined: the group is gone. */
  | { readonly kind: 'group-metadata'; readonly groupId: string; readonly metadata: GroupMetadata | undefined }
  /** Undefined: the offset is gone. */
  | {
      readonly kind: 'offset-commit';
      readonly groupId: string;
      readonly topic: string;
      readonly partition: number;
      readonly committed: CommittedOffset | undefined;
    };

/** What survives of a classic group: its last complete generation. */
export interface GroupMetadata {
  /** Empty for a group that has only offsets. */
  readonly protocolType: string;
  readonly generation: number;
  readonly protocolName: string | undefined;
  readonly leaderId: string | undefined;
  readonly stateTimestampMs: number;
  readonly members: readonly MemberMetadata[];
}

export interface MemberMetadata {
  readonly memberId: string;
  readonly instanceId: string | undefined;
  readonly clientId: string;
  readonly clientHost: string;
  readonly rebalanceTimeoutMs: number;
  readonly sessionTimeoutMs: number;
  /** The member's metadata for the chosen protocol. */
  readonly subscription: Uint8Array;
  readonly assignment: Uint8Array;
}

export interface CommittedOffset {
  readonly offset: number;
  /** -1: unknown. */
  readonly leaderEpoch: number;
  readonly metadata: string;
  readonly commitTimestampMs: number;
  /** Only when the commit named a retention time (OffsetCommit before v5). */
  readonly expireTimestampMs: number | undefined;
  /** Undefined in records of older brokers. */
  readonly topicId: string | undefined;
}

/** The layouts that Kafka 4.3 writes. */
const GROUP_METADATA_VERSION = 3;
const OFFSET_COMMIT_VERSION = 4;
/** The only layout that has an expiry time. */
const OFFSET_COMMIT_VERSION_WITH_EXPIRY = 1;

export const groupRecordCodec: RecordCodec<GroupRecord> = { encode, decode };

function encode(record: GroupRecord): EncodedRecord {
  switch (record.kind) {
    case 'group-metadata':
      return {
        key: encodeKey(GroupMetadataRecord, { group: record.groupId }),
        value: record.metadata === undefined ? null : encodeMetadata(record.metadata),
      };
    case 'offset-commit': {
      const { groupId, topic, partition, committed } = record;
      return {
        key: encodeKey(OffsetCommitRecord, { group: groupId, topic, partition }),
        value: committed === undefined ? null : encodeCommitted(committed),
      };
    }
    default:
      return unreachable(record);
  }
}

function encodeMetadata(metadata: GroupMetadata): Uint8Array {
  return encodeValue(GroupMetadataRecord, GROUP_METADATA_VERSION, {
    protocolType: metadata.protocolType,
    generation: metadata.generation,
    protocol: metadata.protocolName ?? null,
    leader: metadata.leaderId ?? null,
    currentStateTimestamp: metadata.stateTimestampMs,
    members: metadata.members.map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.instanceId ?? null,
      clientId: member.clientId,
      clientHost: member.clientHost,
      rebalanceTimeout: member.rebalanceTimeoutMs,
      sessionTimeout: member.sessionTimeoutMs,
      subscription: member.subscription,
      assignment: member.assignment,
    })),
  });
}

function encodeCommitted(committed: CommittedOffset): Uint8Array {
  const expires = committed.expireTimestampMs !== undefined;
  return encodeValue(OffsetCommitRecord, expires ? OFFSET_COMMIT_VERSION_WITH_EXPIRY : OFFSET_COMMIT_VERSION, {
    offset: committed.offset,
    leaderEpoch: committed.leaderEpoch,
    metadata: committed.metadata,
    commitTimestamp: committed.commitTimestampMs,
    expireTimestamp: committed.expireTimestampMs,
    topicId: committed.topicId,
  });
}

function decode(key: Uint8Array, value: Uint8Array | null): GroupRecord | undefined {
  switch (recordTypeOf(key)) {
    case GroupMetadataRecord.type: {
      const { group } = decodeKey(GroupMetadataRecord, key);
      const metadata = value === null ? undefined : decodeMetadata(decodeValue(GroupMetadataRecord, value));
      return { kind: 'group-metadata', groupId: group, metadata };
    }
    case OffsetCommitRecord.type: {
      const { group, topic, partition } = decodeKey(OffsetCommitRecord, key);
      const committed = value === null ? undefined : decodeCommitted(decodeValue(OffsetCommitRecord, value));
      return { kind: 'offset-commit', groupId: group, topic, partition, committed };
    }
    default:
      return undefined;
  }
}

function decodeMetadata(value: ValueOf<typeof GroupMetadataRecord>): GroupMetadata {
  return {
    protocolType: value.protocolType,
    generation: value.generation,
    protocolName: value.protocol ?? undefined,
    leaderId: value.leader ?? undefined,
    stateTimestampMs: value.currentStateTimestamp,
    members: value.members.map((member) => ({
      memberId: member.memberId,
      instanceId: member.groupInstanceId ?? undefined,
      clientId: member.clientId,
      clientHost: member.clientHost,
      // Before version 1 the session timeout stood for both.
      rebalanceTimeoutMs: member.rebalanceTimeout === -1 ? member.sessionTimeout : member.rebalanceTimeout,
      sessionTimeoutMs: member.sessionTimeout,
      subscription: Buffer.from(member.subscription),
      assignment: Buffer.from(member.assignment),
    })),
  };
}

function decodeCommitted(value: ValueOf<typeof OffsetCommitRecord>): CommittedOffset {
  return {
    offset: value.offset,
    leaderEpoch: value.leaderEpoch,
    metadata: value.metadata,
    commitTimestampMs: value.commitTimestamp,
    expireTimestampMs: value.expireTimestamp === -1 ? undefined : value.expireTimestamp,
    topicId: value.topicId === ZERO_UUID ? undefined : value.topicId,
  };
}
