/** What the broker makes of its own records when they are damaged below what it checks at the start. Fails when invariant I31 does not hold. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { present } from '../base/assert.ts';
import { ErrorCode } from '../protocol/error-code.ts';
import { localBroker } from './local-broker.fixture.ts';

const SETTINGS = { 'offsets.topic.num.partitions': '1' };
const GROUP = 'g';

test('a committed offset whose batch is damaged is not answered, and the damage is told with its offsets', async () => {
  const first = await localBroker(SETTINGS);
  await first.createTopic('t');
  await first.broker.metadata.ensureTopic('__consumer_offsets');
  const partitions = [{ topic: 't', topicId: '', partition: 0, offset: 7, leaderEpoch: -1, metadata: '' }];
  const member = { memberId: '', instanceId: null, generation: -1 };
  const commit = { groupId: GROUP, ...member, apiVersion: 9, retentionMs: -1, partitions };
  assert.deepEqual(await first.broker.groups.commitOffsets(commit), [ErrorCode.NONE]);
  await first.stop();
  const { env } = first;
  const file = env.disk.file('data/__consumer_offsets-0/00000000000000000000.log');
  assert.ok(file !== undefined);
  // In the record's value: the offset itself.
  file.corrupt(file.bytes - 20);
  const second = await localBroker(SETTINGS, ['data'], env);
  const topics = [{ topic: 't', partitions: [0] }];
  const fetched = await second.broker.groups.fetchOffsets({ groupId: GROUP, topics, requireStable: false });
  assert.equal(fetched, ErrorCode.COORDINATOR_NOT_AVAILABLE);
  const { fields } = present(
    env.logger.lines.find(({ message }) => message === 'a coordinator could not be loaded'),
    'it is told',
  );
  assert.ok('err' in fields);
  assert.match(String(fields.err), /the checksum of a batch does not fit: the offsets 0 to 0 are damaged/);
  await second.stop();
});
