/**
 * The control records of a replicated metadata log and of its snapshots, which Kafka's own tools expect in
 * `__cluster_metadata`.
 */
import { array, int16, int32, int64, message, string, struct, uint16, uuid } from '../../schema.ts';

const voter = { voterId: int32(), voterDirectoryId: uuid({ versions: '1+' }) };

/**
 * A new leader of the metadata log and who voted for it (KIP-595). Kafka writes v0 although there is a v1
 * (KIP-853).
 */
export const LeaderChangeMessage = message({
  name: 'LeaderChangeMessage',
  versions: '0-1',
  flexible: '0+',
  fields: {
    version: int16(),
    leaderId: int32(),
    voters: array(voter),
    grantingVoters: array(voter),
  },
});

/** The first record of a metadata snapshot (KIP-630). */
export const SnapshotHeaderRecord = message({
  name: 'SnapshotHeaderRecord',
  versions: '0',
  flexible: '0+',
  fields: { version: int16(), lastContainedLogTimestamp: int64() },
});

/** The last record of a metadata snapshot: with it, the snapshot is whole (KIP-630). */
export const SnapshotFooterRecord = message({
  name: 'SnapshotFooterRecord',
  versions: '0',
  flexible: '0+',
  fields: { version: int16() },
});

/** The version of the quorum's protocol (KIP-853). */
export const KRaftVersionRecord = message({
  name: 'KRaftVersionRecord',
  versions: '0',
  flexible: '0+',
  fields: { version: int16(), kRaftVersion: int16() },
});

/** The voters of the metadata log (KIP-853). */
export const VotersRecord = message({
  name: 'VotersRecord',
  versions: '0',
  flexible: '0+',
  fields: {
    version: int16(),
    voters: array({
      voterId: int32(),
      voterDirectoryId: uuid(),
      endpoints: array({ name: string(), host: string(), port: uint16() }),
      kRaftVersionFeature: struct({ minSupportedVersion: int16(), maxSupportedVersion: int16() }),
    }),
  },
});

/**
 * What a voter must remember across restarts: epoch, leader, its vote (KIP-595). Kafka keeps it as JSON in the
 * file `quorum-state`.
 */
export const QuorumStateData = message({
  name: 'QuorumStateData',
  versions: '0-1',
  flexible: '0+',
  fields: {
    clusterId: string({ versions: '0' }),
    leaderId: int32({ default: -1 }),
    leaderEpoch: int32({ default: -1 }),
    votedId: int32({ default: -1 }),
    votedDirectoryId: uuid({ versions: '1+' }),
    appliedOffset: int64({ versions: '0' }),
    currentVoters: array({ voterId: int32() }, { versions: '0', nullable: true }),
  },
});
