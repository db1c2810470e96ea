/**
 * Adds partitions to topics (KIP-195). `count` is the new total.
 *
 * - v1: throttling happens after the answer. v2: flexible. v3: THROTTLING_QUOTA_EXCEEDED (KIP-599).
 */
import { api, array, bool, int16, int32, string } from '../schema.ts';

export const CreatePartitions = api({
  key: 37,
  name: 'CreatePartitions',
  versions: '0-3',
  flexible: '2+',
  request: {
    topics: array({
      name: string(),
      count: int32(),
      assignments: array(
        {
          brokerIds: array(int32()),
        },
        { nullable: true },
      ),
    }),
    timeoutMs: int32(),
    validateOnly: bool(),
  },

  response: {
    throttleTimeMs: int32(),
    results: array({
      name: string(),
      errorCode: int16(),
      errorMessage: string({ nullable: true, default: null }),
    }),
  },
});
