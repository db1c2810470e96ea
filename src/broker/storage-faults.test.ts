/** What a broker over files does when its disk fails, and when the fault goes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from '../base/limits.ts';
import { PRODUCE_VERSION, produced } from '../partition/partition.fixture.ts';
import type { Partition } from '../partition/partition.ts';
import { ErrorCode } from '../protocol/error-code.ts';
import { failing, localBroker, loudLines } from './local-broker.fixture.ts';

/** The error code of an append, or NONE when it is acknowledged. */
async function append(partition: Partition): Promise<ErrorCode> {
  const result = partition.append(produced(), PRODUCE_VERSION);
  if (result.kind === 'refused') return result.error;
  try {
    await partition.whenDurable(result.lastOffset);
    return ErrorCode.NONE;
  } catch {
    return ErrorCode.KAFKA_STORAGE_ERROR;
  }
}

for (const [what, kind, fault] of [
  ['a failed write', 'write', 'io'],
  ['a full disk', 'write', 'full'],
  ['a failed sync', 'sync', 'io'],
] as const) {
  test(`after ${what} a partition is opened again, and nothing that was acknowledged is lost`, async () => {
    const { env, createTopic, partition } = await localBroker();
    await createTopic('orders');
    const first = await partition('orders');
    assert.equal(await append(first), ErrorCode.NONE);
    const mend = failing(env, [kind], fault, /orders-0.*\.log$/);
    assert.equal(await append(first), ErrorCode.KAFKA_STORAGE_ERROR);
    mend();
    const second = await partition('orders');
    assert.equal(second.takesAppends, false);
    await env.clock.advance(limits.diskCheckIntervalMs);
    assert.notEqual(second, first);
    assert.ok(second.highWatermark >= 1);
    assert.equal(await append(second), ErrorCode.NONE);
    const full = fault === 'full' ? ['the disk is full: appends are refused, reads go on'] : [];
    assert.deepEqual(loudLines(env), [...full, 'a partition stopped after a fault of its log']);
  });
}

test('the metadata log comes back by itself after a fault', async () => {
  for (const kind of ['write', 'sync'] as const) {
    const { env, broker, createTopic, stop } = await localBroker();
    const mend = failing(env, [kind], 'io', /__cluster_metadata/);
    await createTopic('refused');
    mend();
    await createTopic('created');
    assert.ok(broker.metadata.image.topicByName('created') !== undefined, kind);
    await stop();
  }
});

test('offsets can be committed again when the disk of their partition works again, and none that was acknowledged is lost', async () => {
  const { env, broker, createTopic, stop } = await localBroker({ 'offsets.topic.num.partitions': '1' });
  await createTopic('orders');
  await broker.metadata.ensureTopic('__consumer_offsets');
  const commit = async (offset: number) => {
    const partitions = [
      { topic: 'orders', topicId: 'AAAAAAAAAAAAAAAAAAAAAA', partition: 0, offset, leaderEpoch: -1, metadata: '' },
    ];
    const sender = { groupId: 'g', memberId: '', instanceId: null, generation: -1, apiVersion: 9 };
    return await broker.groups.commitOffsets({ ...sender, retentionMs: undefined, partitions });
  };
  assert.deepEqual(await commit(7), [ErrorCode.NONE]);
  const mend = failing(env, ['sync', 'write'], 'io', /__consumer_offsets-0.*\.log$/);
  const refused = await commit(8);
  assert.notDeepEqual(refused, [ErrorCode.NONE]);
  mend();
  await env.clock.advance(5_000);
  assert.deepEqual(await commit(9), [ErrorCode.NONE]);
  await stop();
});
