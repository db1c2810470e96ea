/**
 * Changes what it names of a partition and leaves the rest. v1 added directories (KIP-858), v2 eligible leader
 * replicas (KIP-966).
 */
import { array, int8, int32, uuid } from '../../schema.ts';
import { metadataRecord } from '../metadata-record.ts';

export const PartitionChangeRecord = metadataRecord({
  type: 5,
  name: 'PartitionChangeRecord',
  versions: '0-2',
  fields: {
    partitionId: int32({ default: -1 }),
    topicId: uuid(),
    isr: array(int32(), { nullable: true, tag: 0, default: null }),
    leader: int32({ tag: 1, default: -2 }),
    replicas: array(int32(), { nullable: true, tag: 2, default: null }),
    removingReplicas: array(int32(), { nullable: true, tag: 3, default: null }),
    addingReplicas: array(int32(), { nullable: true, tag: 4, default: null }),
    leaderRecoveryState: int8({ tag: 5, default: -1 }),
    directories: array(uuid(), { versions: '1+', nullable: true, tag: 8, default: null }),
    eligibleLeaderReplicas: array(int32(), { versions: '2+', nullable: true, tag: 6, default: null }),
    lastKnownElr: array(int32(), { versions: '2+', nullable: true, tag: 7, default: null }),
  },
});
