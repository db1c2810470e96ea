import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../protocol/error-code.ts';
import { AlterPartitionReassignments } from '../../protocol/messages/alter-partition-reassignments.ts';
import { alterPartitionReassignments } from './alter-partition-reassignments.ts';
import { handlerFixture } from './handler-fixture.ts';

test('every partition gets its own answer, in the order of the request', async () => {
  const { call, broker } = await handlerFixture();
  const shape = { numPartitions: 2, replicationFactor: 1, assignments: [], configs: [] };
  await broker.metadata.createTopics(
    ['a', 'b'].map((name) => ({ name, ...shape })),
    { validateOnly: false },
  );
  const { responses } = await call(alterPartitionReassignments, AlterPartitionReassignments, 0, {
    topics: [
      {
        name: 'a',
        partitions: [
          { partitionIndex: 1, replicas: [1] },
          { partitionIndex: 7, replicas: [1] },
        ],
      },
      {
        name: 'b',
        partitions: [
          { partitionIndex: 0, replicas: null },
          { partitionIndex: 1, replicas: [9] },
        ],
      },
    ],
  });
  assert.deepEqual(
    responses.map(({ name, partitions }) => [name, partitions.map((one) => [one.partitionIndex, one.errorCode])]),
    [
      [
        'a',
        [
          [1, ErrorCode.NONE],
          [7, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
        ],
      ],
      [
        'b',
        [
          [0, ErrorCode.NO_REASSIGNMENT_IN_PROGRESS],
          [1, ErrorCode.INVALID_REPLICA_ASSIGNMENT],
        ],
      ],
    ],
  );
});
