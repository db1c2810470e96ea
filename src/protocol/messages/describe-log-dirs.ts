/**
 * How much each partition takes in each log directory (KIP-113).
 *
 * - v1: throttling happens after the answer. v2: flexible. v3: an error for the whole answer. v4: the volume's
 *   total and usable bytes (KIP-827).
 * - v5: whether a directory is cordoned: it takes no new replicas (KIP-1066).
 */
import { api, array, bool, int16, int32, int64, string } from '../schema.ts';

export const DescribeLogDirs = api({
  key: 35,
  name: 'DescribeLogDirs',
  versions: '1-5',
  flexible: '2+',
  request: {
    topics: array(
      {
        topic: string(),
        partitions: array(int32()),
      },
      { nullable: true },
    ),
  },

  response: {
    throttleTimeMs: int32(),
    errorCode: int16({ versions: '3+' }),
    results: array({
      errorCode: int16(),
      logDir: string(),
      topics: array({
        name: string(),
        partitions: array({
          partitionIndex: int32(),
          partitionSize: int64(),
          offsetLag: int64(),
          isFutureKey: bool(),
        }),
      }),
      totalBytes: int64({ versions: '4+', default: -1 }),
      usableBytes: int64({ versions: '4+', default: -1 }),
      isCordoned: bool({ versions: '5+' }),
    }),
  },
});
