/**
 * OffsetCommit (key 8).
 */
import { api, array, int16, int32, int64, string, uuid } from '../schema.ts';

export const OffsetCommit = api({
  key: 8,
  name: 'OffsetCommit',
  versions: '2-10',
  flexible: '8+',
  request: {
    groupId: string(),
    generationIdOrMemberEpoch: int32({ default: -1 }),
    memberId: string(),
    groupInstanceId: string({ versions: '7+', nullable: true, default: null }),
    retentionTimeMs: int64({ versions: '2-4', default: -1 }),
    topics: array({
      name: string({ versions: '2-9' }),
      topicId: uuid({ versions: '10+' }),
      partitions: array({
        partitionIndex: int32(),
        committedOffset: int64(),
        committedLeaderEpoch: int32({ versions: '6+', default: -1 }),
        committedMetadata: string({ nullable: true }),
      }),
    }),
  },

  response: {
    throttleTimeMs: int32({ versions: '3+' }),
    topics: array({
      name: string({ versions: '2-9' }),
      topicId: uuid({ versions: '10+' }),
      partitions: array({ partitionIndex: int32(), errorCode: int16() }),
    }),
  },
});
