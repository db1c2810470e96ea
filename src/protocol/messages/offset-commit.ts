/**
 * Stores how far a group has come in its partitions.
 *
 * - v2: generation and member, retention time. v3: throttle time. v4: throttling happens after the answer. v5: no
 *   retention time (KIP-211).
 * - v6: leader epoch of the committed offset (KIP-320). v7: static members (KIP-345). v8: flexible.
 * - v9: also for members of the consumer protocol, other errors for missing groups (KIP-848). v10: topics by id
 *   (KIP-848).
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
