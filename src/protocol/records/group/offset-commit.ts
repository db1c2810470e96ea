/**
 * An offset that a group has committed for a partition. v1 had its own expiry time, v3 added the leader epoch
 * (KIP-320), v4 is flexible and has the topic's id (KIP-848).
 */
import { int32, int64, string, uuid } from '../../schema.ts';
import { coordinatorRecord } from '../coordinator-record.ts';

export const OffsetCommit = coordinatorRecord({
  type: 1,
  name: 'OffsetCommit',
  key: { group: string(), topic: string(), partition: int32() },
  value: {
    versions: '0-4',
    flexible: '4+',
    fields: {
      offset: int64(),
      leaderEpoch: int32({ versions: '3+', default: -1 }),
      metadata: string(),
      commitTimestamp: int64(),
      expireTimestamp: int64({ versions: '1', default: -1 }),
      topicId: uuid({ versions: '4+', tag: 0 }),
    },
  },
});
