import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../protocol/error-code.ts';
import { ElectLeaders } from '../../protocol/messages/elect-leaders.ts';
import { electLeaders } from './elect-leaders.ts';
import { handlerFixture } from './handler-fixture.ts';

test('a partition with one replica never needs an election', async () => {
  const { call, broker } = await handlerFixture();
  const shape = { numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] };
  await broker.metadata.createTopics([{ name: 'a', ...shape }], { validateOnly: false });
  const elect = async (topic: string, partition: number, electionType = 0) => {
    const topicPartitions = [{ topic, partitions: [partition] }];
    const answer = await call(electLeaders, ElectLeaders, 2, { electionType, topicPartitions });
    return [answer.errorCode, answer.replicaElectionResults[0]?.partitionResult[0]?.errorCode];
  };
  assert.deepEqual(await elect('a', 0), [ErrorCode.NONE, ErrorCode.ELECTION_NOT_NEEDED]);
  assert.deepEqual(await elect('a', 1), [ErrorCode.NONE, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION]);
  assert.deepEqual(await elect('x'.repeat(32_767), 0), [ErrorCode.NONE, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION]);
  assert.deepEqual(await elect('a', 0, 7), [ErrorCode.INVALID_REQUEST, ErrorCode.INVALID_REQUEST]);
  assert.deepEqual(
    (await call(electLeaders, ElectLeaders, 2, { topicPartitions: null })).replicaElectionResults,
    [],
    'of all partitions, those that need none are not told',
  );
});
