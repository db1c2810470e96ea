/**
 * Creates a partition with its replicas, leader and epochs. v1 added directories (KIP-858), v2 eligible leader
 * replicas (KIP-966).
 */
import { array, int8, int32, uuid } from '../../schema.ts';
import { metadataRecord } from '../metadata-record.ts';

export const PartitionRecord = metadataRecord({
  type: 3,
  name: 'PartitionRecord',
  versions: '0-2',
  fields: {
    partitionId: int32({ default: -1 }),
    topicId: uuid(),
    replicas: array(int32()),
    isr: array(int32()),
    removingReplicas: array(int32()),
    addingReplicas: array(int32()),
    leader: int32({ default: -1 }),
    leaderRecoveryState: int8({ tag: 0 }),
    leaderEpoch: int32({ default: -1 }),
    partitionEpoch: int32({ default: -1 }),
    directories: array(uuid(), { versions: '1+' }),
    eligibleLeaderReplicas: array(int32(), { versions: '2+', nullable: true, tag: 1, default: null }),
    lastKnownElr: array(int32(), { versions: '2+', nullable: true, tag: 2, default: null }),
  },
});
