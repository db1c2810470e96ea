/**
 * A group coordinator reads where the share state of partitions starts, without the state itself (KIP-932).
 *
 * - v1: how many records past the start have been dealt with (KIP-1226).
 */
import { api, array, int16, int32, int64, string, uuid } from '../schema.ts';

export const ReadShareGroupStateSummary = api({
  key: 87,
  name: 'ReadShareGroupStateSummary',
  versions: '0-1',
  flexible: '0+',
  request: {
    groupId: string(),
    topics: array({
      topicId: uuid(),
      partitions: array({ partition: int32(), leaderEpoch: int32() }),
    }),
  },

  response: {
    results: array({
      topicId: uuid(),
      partitions: array({
        partition: int32(),
        errorCode: int16(),
        errorMessage: string({ nullable: true, default: null }),
        stateEpoch: int32(),
        leaderEpoch: int32(),
        startOffset: int64(),
        deliveryCompleteCount: int32({ versions: '1+', default: -1 }),
      }),
    }),
  },
});
