/**
 * quorum-control
 */
import { array, int16, int32, int64, message, string, struct, uint16, uuid } from '../../schema.ts';

const voter = { voterId: int32(), voterDirectoryId: uuid({ versions: '1+' }) };

/**
 * LeaderChangeMessage.
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

/**
 * SnapshotHeaderRecord.
 */
export const SnapshotHeaderRecord = message({
  name: 'SnapshotHeaderRecord',
  versions: '0',
  flexible: '0+',
  fields: { version: int16(), lastContainedLogTimestamp: int64() },
});

/**
 * SnapshotFooterRecord.
 */
export const SnapshotFooterRecord = message({
  name: 'SnapshotFooterRecord',
  versions: '0',
  flexible: '0+',
  fields: { version: int16() },
});

/**
 * KRaftVersionRecord.
 */
export const KRaftVersionRecord = message({
  name: 'KRaftVersionRecord',
  versions: '0',
  flexible: '0+',
  fields: { version: int16(), kRaftVersion: int16() },
});

/**
 * VotersRecord.
 */
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
 * QuorumStateData.
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
