/**
 * A transactional id: its producer, state, partitions and times (KIP-98). v1 is flexible and has the ids and
 * epochs of KIP-890.
 */
import { array, int8, int16, int32, int64, string } from '../../schema.ts';
import { coordinatorRecord } from '../coordinator-record.ts';

export const TransactionLog = coordinatorRecord({
  type: 0,
  name: 'TransactionLog',
  key: { transactionalId: string() },
  value: {
    versions: '0-1',
    flexible: '1+',
    fields: {
      producerId: int64(),
      previousProducerId: int64({ versions: '1+', tag: 0, default: -1 }),
      nextProducerId: int64({ versions: '1+', tag: 1, default: -1 }),
      producerEpoch: int16(),
      nextProducerEpoch: int16({ versions: '1+', tag: 3, default: -1 }),
      transactionTimeoutMs: int32(),
      transactionStatus: int8(),
      transactionPartitions: array(
        {
          topic: string(),
          partitionIds: array(int32()),
        },
        { nullable: true },
      ),
      transactionLastUpdateTimestampMs: int64(),
      transactionStartTimestampMs: int64(),
      clientTransactionVersion: int16({ versions: '1+', tag: 2 }),
      // Ottla's own (decision 0020); Kafka leaves tags alone that it does not know.
      lastProducerEpoch: int16({ versions: '1+', tag: 10_000, default: -1 }),
    },
  },
});
