/**
 * Appends record batches to partitions; the response says where they landed. Not answered when `acks` is 0.
 *
 * - v3: batches of format 2, transactional id. v0 to v2 are gone, although brokers list them for librdkafka's
 *   sake.
 * - v4: the storage error may be answered. v5: log start offset. v6: throttling happens after the answer.
 * - v7: zstd (KIP-110). v8: which records were bad, and why (KIP-467). v9: flexible.
 * - v10: the current leader and its address come with a refusal (KIP-951). v11: TRANSACTION_ABORTABLE (KIP-890).
 * - v12: a transactional produce adds its partitions to the transaction by itself (KIP-890). v13: topics by id
 *   (KIP-516).
 */
import { api, array, int16, int32, int64, records, string, struct, uuid } from '../schema.ts';

export const Produce = api({
  key: 0,
  name: 'Produce',
  versions: '3-13',
  flexible: '9+',
  request: {
    transactionalId: string({ nullable: true, default: null }),
    acks: int16(),
    timeoutMs: int32(),
    topicData: array({
      name: string({ versions: '3-12' }),
      topicId: uuid({ versions: '13+' }),
      partitionData: array({ index: int32(), records: records({ nullable: true }) }),
    }),
  },

  response: {
    responses: array({
      name: string({ versions: '3-12' }),
      topicId: uuid({ versions: '13+' }),
      partitionResponses: array({
        index: int32(),
        errorCode: int16(),
        baseOffset: int64(),
        logAppendTimeMs: int64({ default: -1 }),
        logStartOffset: int64({ versions: '5+', default: -1 }),
        recordErrors: array(
          { batchIndex: int32(), batchIndexErrorMessage: string({ nullable: true, default: null }) },
          { versions: '8+' },
        ),
        errorMessage: string({ versions: '8+', nullable: true, default: null }),
        currentLeader: struct(
          { leaderId: int32({ default: -1 }), leaderEpoch: int32({ default: -1 }) },
          { versions: '10+', tag: 0 },
        ),
      }),
    }),
    throttleTimeMs: int32(),
    nodeEndpoints: array(
      {
        nodeId: int32(),
        host: string(),
        port: int32(),
        rack: string({ nullable: true, default: null }),
      },
      { versions: '10+', tag: 0 },
    ),
  },
});
