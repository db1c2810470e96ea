/**
 * Which brokers there are, which topics, and who leads their partitions.
 *
 * - v0: no topics means all. v1: null means all, none means none; racks, controller, internal topics. v2: cluster
 *   id. v3: throttle time.
 * - v4: the client says whether topics may be created. v5: offline replicas. v6: throttling happens
 *   after the answer. v7: leader epochs (KIP-320).
 * - v8: authorized operations (KIP-430). v9: flexible. v10: topic ids in the answer (KIP-516). v11: the cluster's
 *   operations have moved to DescribeCluster (KIP-700).
 * - v12: topics may be asked for by id. v13: an error for the whole answer (KIP-1102).
 */
import { api, array, bool, int16, int32, string, uuid } from '../schema.ts';

export const Metadata = api({
  key: 3,
  name: 'Metadata',
  versions: '0-13',
  flexible: '9+',
  request: {
    topics: array({ topicId: uuid({ versions: '10+' }), name: string({ nullable: '10+' }) }, { nullable: '1+' }),
    allowAutoTopicCreation: bool({ versions: '4+', default: true }),
    includeClusterAuthorizedOperations: bool({ versions: '8-10' }),
    includeTopicAuthorizedOperations: bool({ versions: '8+' }),
  },

  response: {
    throttleTimeMs: int32({ versions: '3+' }),
    brokers: array({
      nodeId: int32(),
      host: string(),
      port: int32(),
      rack: string({ versions: '1+', nullable: true, default: null }),
    }),
    clusterId: string({ versions: '2+', nullable: true, default: null }),
    controllerId: int32({ versions: '1+', default: -1 }),
    topics: array({
      errorCode: int16(),
      name: string({ nullable: '12+' }),
      topicId: uuid({ versions: '10+' }),
      isInternal: bool({ versions: '1+' }),
      partitions: array({
        errorCode: int16(),
        partitionIndex: int32(),
        leaderId: int32(),
        leaderEpoch: int32({ versions: '7+', default: -1 }),
        replicaNodes: array(int32()),
        isrNodes: array(int32()),
        offlineReplicas: array(int32(), { versions: '5+' }),
      }),
      topicAuthorizedOperations: int32({ versions: '8+', default: -0x80000000 }),
    }),
    clusterAuthorizedOperations: int32({ versions: '8-10', default: -0x80000000 }),
    errorCode: int16({ versions: '13+' }),
  },
});
