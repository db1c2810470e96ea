/**
 * Reads what OffsetCommit stored.
 *
 * - v1: from `__consumer_offsets`. v2: null topics means all; an error for the whole answer. v3: throttle time.
 *   v4: throttling happens after the answer.
 * - v5: leader epochs (KIP-320). v6: flexible. v7: may insist on offsets without an open transaction (KIP-447).
 *   v8: several groups at once (KIP-709).
 * - v9: member and epoch, checked for the consumer protocol (KIP-848). v10: topics by id (KIP-848).
 */
import { api, array, bool, int16, int32, int64, string, uuid } from '../schema.ts';

export const OffsetFetch = api({
  key: 9,
  name: 'OffsetFetch',
  versions: '1-10',
  flexible: '6+',
  request: {
    groupId: string({ versions: '1-7' }),
    topics: array(
      {
        name: string(),
        partitionIndexes: array(int32()),
      },
      { versions: '1-7', nullable: '2+' },
    ),
    groups: array(
      {
        groupId: string(),
        memberId: string({ versions: '9+', nullable: true, default: null }),
        memberEpoch: int32({ versions: '9+', default: -1 }),
        topics: array(
          {
            name: string({ versions: '8-9' }),
            topicId: uuid({ versions: '10+' }),
            partitionIndexes: array(int32()),
          },
          { nullable: true },
        ),
      },
      { versions: '8+' },
    ),
    requireStable: bool({ versions: '7+' }),
  },

  response: {
    throttleTimeMs: int32({ versions: '3+' }),
    topics: array(
      {
        name: string(),
        partitions: array({
          partitionIndex: int32(),
          committedOffset: int64(),
          committedLeaderEpoch: int32({ versions: '5+', default: -1 }),
          metadata: string({ nullable: true }),
          errorCode: int16(),
        }),
      },
      { versions: '1-7' },
    ),
    errorCode: int16({ versions: '2-7' }),
    groups: array(
      {
        groupId: string(),
        topics: array({
          name: string({ versions: '8-9' }),
          topicId: uuid({ versions: '10+' }),
          partitions: array({
            partitionIndex: int32(),
            committedOffset: int64(),
            committedLeaderEpoch: int32({ default: -1 }),
            metadata: string({ nullable: true }),
            errorCode: int16(),
          }),
        }),
        errorCode: int16(),
      },
      { versions: '8+' },
    ),
  },
});
