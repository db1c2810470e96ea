/**
 * Creates topics, or with `validateOnly` says whether it could.
 *
 * - v2: throttle time. v3: throttling happens after the answer. v4: −1 for partitions and replicas means the
 *   broker's defaults (KIP-464).
 * - v5: flexible; the answer has the topic's settings (KIP-525). v6: THROTTLING_QUOTA_EXCEEDED (KIP-599). v7: the
 *   topic's id (KIP-516).
 */
import { api, array, bool, int8, int16, int32, string, uuid } from '../schema.ts';

export const CreateTopics = api({
  key: 19,
  name: 'CreateTopics',
  versions: '2-7',
  flexible: '5+',
  request: {
    topics: array({
      name: string(),
      numPartitions: int32(),
      replicationFactor: int16(),
      assignments: array({
        partitionIndex: int32(),
        brokerIds: array(int32()),
      }),
      configs: array({ name: string(), value: string({ nullable: true }) }),
    }),
    timeoutMs: int32({ default: 60000 }),
    validateOnly: bool(),
  },

  response: {
    throttleTimeMs: int32(),
    topics: array({
      name: string(),
      topicId: uuid({ versions: '7+' }),
      errorCode: int16(),
      errorMessage: string({ nullable: true }),
      topicConfigErrorCode: int16({ versions: '5+', tag: 0 }),
      numPartitions: int32({ versions: '5+', default: -1 }),
      replicationFactor: int16({ versions: '5+', default: -1 }),
      configs: array(
        {
          name: string(),
          value: string({ nullable: true }),
          readOnly: bool(),
          configSource: int8({ default: -1 }),
          isSensitive: bool(),
        },
        { versions: '5+', nullable: true },
      ),
    }),
  },
});
