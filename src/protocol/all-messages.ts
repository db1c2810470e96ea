/**
 * Every message by Kafka's name for it: for tests and tools. The broker itself imports only what it serves.
 */
import { apis } from './apis.ts';
import { ConsumerProtocolAssignment, ConsumerProtocolSubscription } from './consumer-protocol.ts';
import { DefaultPrincipalData } from './principal-data.ts';
import {
  KRaftVersionRecord,
  LeaderChangeMessage,
  QuorumStateData,
  SnapshotFooterRecord,
  SnapshotHeaderRecord,
  VotersRecord,
} from './records/control/quorum-control.ts';
import { ControlRecordTypeSchema, EndTxnMarker } from './records/control/transaction-control.ts';
import type { CoordinatorRecord } from './records/coordinator-record.ts';
import { ConsumerGroupCurrentMemberAssignment } from './records/group/consumer-group-current-member-assignment.ts';
import { ConsumerGroupMemberMetadata } from './records/group/consumer-group-member-metadata.ts';
import { ConsumerGroupMetadata } from './records/group/consumer-group-metadata.ts';
import { ConsumerGroupPartitionMetadata } from './records/group/consumer-group-partition-metadata.ts';
import { ConsumerGroupRegularExpression } from './records/group/consumer-group-regular-expression.ts';
import { ConsumerGroupTargetAssignmentMember } from './records/group/consumer-group-target-assignment-member.ts';
import { ConsumerGroupTargetAssignmentMetadata } from './records/group/consumer-group-target-assignment-metadata.ts';
import { GroupMetadata } from './records/group/group-metadata.ts';
import { LegacyOffsetCommit } from './records/group/legacy-offset-commit.ts';
import { OffsetCommit } from './records/group/offset-commit.ts';
import { ShareGroupCurrentMemberAssignment } from './records/group/share-group-current-member-assignment.ts';
import { ShareGroupMemberMetadata } from './records/group/share-group-member-metadata.ts';
import { ShareGroupMetadata } from './records/group/share-group-metadata.ts';
import { ShareGroupStatePartitionMetadata } from './records/group/share-group-state-partition-metadata.ts';
import { ShareGroupTargetAssignmentMember } from './records/group/share-group-target-assignment-member.ts';
import { ShareGroupTargetAssignmentMetadata } from './records/group/share-group-target-assignment-metadata.ts';
import { StreamsGroupCurrentMemberAssignment } from './records/group/streams-group-current-member-assignment.ts';
import { StreamsGroupMemberMetadata } from './records/group/streams-group-member-metadata.ts';
import { StreamsGroupMetadata } from './records/group/streams-group-metadata.ts';
import { StreamsGroupTargetAssignmentMember } from './records/group/streams-group-target-assignment-member.ts';
import { StreamsGroupTargetAssignmentMetadata } from './records/group/streams-group-target-assignment-metadata.ts';
import { StreamsGroupTopology } from './records/group/streams-group-topology.ts';
import { AbortTransactionRecord } from './records/metadata/abort-transaction.ts';
import { AccessControlEntryRecord } from './records/metadata/access-control-entry.ts';
import { BeginTransactionRecord } from './records/metadata/begin-transaction.ts';
import { BrokerRegistrationChangeRecord } from './records/metadata/broker-registration-change.ts';
import { ClearElrRecord } from './records/metadata/clear-elr.ts';
import { ClientQuotaRecord } from './records/metadata/client-quota.ts';
import { ConfigRecord } from './records/metadata/config.ts';
import { DelegationTokenRecord } from './records/metadata/delegation-token.ts';
import { EndTransactionRecord } from './records/metadata/end-transaction.ts';
import { FeatureLevelRecord } from './records/metadata/feature-level.ts';
import { FenceBrokerRecord } from './records/metadata/fence-broker.ts';
import { NoOpRecord } from './records/metadata/no-op.ts';
import { PartitionRecord } from './records/metadata/partition.ts';
import { PartitionChangeRecord } from './records/metadata/partition-change.ts';
import { ProducerIdsRecord } from './records/metadata/producer-ids.ts';
import { RegisterBrokerRecord } from './records/metadata/register-broker.ts';
import { RegisterControllerRecord } from './records/metadata/register-controller.ts';
import { RemoveAccessControlEntryRecord } from './records/metadata/remove-access-control-entry.ts';
import { RemoveDelegationTokenRecord } from './records/metadata/remove-delegation-token.ts';
import { RemoveTopicRecord } from './records/metadata/remove-topic.ts';
import { RemoveUserScramCredentialRecord } from './records/metadata/remove-user-scram-credential.ts';
import { TopicRecord } from './records/metadata/topic.ts';
import { UnfenceBrokerRecord } from './records/metadata/unfence-broker.ts';
import { UnregisterBrokerRecord } from './records/metadata/unregister-broker.ts';
import { UserScramCredentialRecord } from './records/metadata/user-scram-credential.ts';
import { ZkMigrationStateRecord } from './records/metadata/zk-migration-state.ts';
import type { MetadataRecord } from './records/metadata-record.ts';
import { ShareSnapshot } from './records/share/share-snapshot.ts';
import { ShareUpdate } from './records/share/share-update.ts';
import { TransactionLog } from './records/transaction/transaction-log.ts';
import type { Message } from './schema.ts';

export const coordinatorRecords: readonly CoordinatorRecord[] = [
  ConsumerGroupCurrentMemberAssignment,
  ConsumerGroupMemberMetadata,
  ConsumerGroupMetadata,
  ConsumerGroupPartitionMetadata,
  ConsumerGroupRegularExpression,
  ConsumerGroupTargetAssignmentMember,
  ConsumerGroupTargetAssignmentMetadata,
  GroupMetadata,
  LegacyOffsetCommit,
  OffsetCommit,
  ShareGroupCurrentMemberAssignment,
  ShareGroupMemberMetadata,
  ShareGroupMetadata,
  ShareGroupStatePartitionMetadata,
  ShareGroupTargetAssignmentMember,
  ShareGroupTargetAssignmentMetadata,
  StreamsGroupCurrentMemberAssignment,
  StreamsGroupMemberMetadata,
  StreamsGroupMetadata,
  StreamsGroupTargetAssignmentMember,
  StreamsGroupTargetAssignmentMetadata,
  StreamsGroupTopology,
  ShareSnapshot,
  ShareUpdate,
  TransactionLog,
];

export const metadataRecords: readonly MetadataRecord[] = [
  AbortTransactionRecord,
  AccessControlEntryRecord,
  BeginTransactionRecord,
  BrokerRegistrationChangeRecord,
  ClearElrRecord,
  ClientQuotaRecord,
  ConfigRecord,
  DelegationTokenRecord,
  EndTransactionRecord,
  FeatureLevelRecord,
  FenceBrokerRecord,
  NoOpRecord,
  PartitionChangeRecord,
  PartitionRecord,
  ProducerIdsRecord,
  RegisterBrokerRecord,
  RegisterControllerRecord,
  RemoveAccessControlEntryRecord,
  RemoveDelegationTokenRecord,
  RemoveTopicRecord,
  RemoveUserScramCredentialRecord,
  TopicRecord,
  UnfenceBrokerRecord,
  UnregisterBrokerRecord,
  UserScramCredentialRecord,
  ZkMigrationStateRecord,
];

const others: readonly Message[] = [
  LeaderChangeMessage,
  SnapshotHeaderRecord,
  SnapshotFooterRecord,
  KRaftVersionRecord,
  VotersRecord,
  QuorumStateData,
  ControlRecordTypeSchema,
  EndTxnMarker,
  ConsumerProtocolAssignment,
  ConsumerProtocolSubscription,
  DefaultPrincipalData,
];

export const messagesByName: ReadonlyMap<string, Message> = new Map(
  [
    ...apis.flatMap((api) => [api.request, api.response]),
    ...coordinatorRecords.flatMap((record) => [record.key, record.value]),
    ...metadataRecords.map((record) => record.value),
    ...others,
  ].map((message) => [message.name, message]),
);
