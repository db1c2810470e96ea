/** What a broker over files does when its disk fails, and when the fault goes. Fails when invariant I30 does not hold. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextProcess, type TestEnv } from '../../sim/test-env.ts';
import { limits } from '../base/limits.ts';
import { BrokerConfig } from '../config/broker-config.ts';
import { logSettings } from '../log/log.fixture.ts';
import { PRODUCE_VERSION, produced } from '../partition/partition.fixture.ts';
import type { Partition } from '../partition/partition.ts';
import { ErrorCode } from '../protocol/error-code.ts';
import { openDataDirectories } from './data-directories.ts';
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

test('while the metadata log cannot be written, everything that exists goes on; afterwards changes are possible again', async () => {
  const { env, broker, createTopic, partition, stop } = await localBroker({ 'metadata.log.dir': 'meta' });
  await createTopic('orders');
  const orders = await partition('orders');
  const mend = failing(env, ['write', 'sync', 'open', 'syncDirectory'], 'io', /^meta/);
  for (let attempt = 0; attempt < 3; attempt += 1) {
    await createTopic('refused');
    assert.equal(broker.metadata.image.topicByName('refused'), undefined);
    assert.equal(await append(orders), ErrorCode.NONE);
    await env.clock.advance(10_000);
  }
  assert.equal(loudLines(env).filter((line) => line.startsWith('a data directory')).length, 1);
  mend();
  await env.clock.advance(60_000);
  await createTopic('created');
  assert.ok(broker.metadata.image.topicByName('created') !== undefined);
  assert.ok((await broker.producerIds.take()) >= 0);
  await stop();
});

test('a directory that fails answers for its partitions only, with a few lines, and they come back', async () => {
  const { env, createTopic, partition, broker, stop } = await localBroker({}, ['a', 'b']);
  await createTopic('orders', 40);
  const all = Array.from({ length: 40 }, (_, index) => index);
  for (const index of all) assert.equal(await append(await partition('orders', index)), ErrorCode.NONE);
  const mend = failing(env, ['write', 'sync', 'open', 'syncDirectory'], 'io', /^b/);
  const codes = async () => {
    const found = await Promise.all(all.map((index) => broker.partitions.get('orders', index)));
    return await Promise.all(found.map((one) => (typeof one === 'number' ? one : append(one))));
  };
  await codes();
  await env.clock.advance(5_000);
  const during = await codes();
  assert.equal(during.filter((code) => code === ErrorCode.NONE).length, 20);
  assert.equal(during.filter((code) => code === ErrorCode.KAFKA_STORAGE_ERROR).length, 20);
  await env.clock.advance(60_000);
  await codes();
  assert.ok(loudLines(env).length <= 3, loudLines(env).join('\n'));
  mend();
  await env.clock.advance(60_000);
  await codes();
  await env.clock.advance(60_000);
  assert.deepEqual(
    await codes(),
    all.map(() => ErrorCode.NONE),
  );
  await stop();
});

test('a disk that takes seconds delays acknowledgements and nothing else', async () => {
  const { env, createTopic, partition, stop } = await localBroker();
  await createTopic('orders');
  const orders = await partition('orders');
  assert.equal(await append(orders), ErrorCode.NONE);
  env.disk.pause = ({ kind }) =>
    kind === 'sync' ? new Promise((resolve) => env.timers.after(5_000, resolve)) : Promise.resolve();
  let acknowledged = false;
  const appended = append(orders).then((code) => {
    acknowledged = true;
    return code;
  });
  await env.clock.advance(4_000);
  assert.equal(acknowledged, false);
  assert.equal(orders.highWatermark, 1);
  const slice = await orders.read({ offset: 0, isolation: 'uncommitted', bytesMax: 1_000, atLeastOneBatch: true });
  assert.equal(slice.nextOffset, 1);
  await env.clock.advance(30_000);
  assert.equal(await appended, ErrorCode.NONE);
  env.disk.pause = async () => {};
  assert.deepEqual(loudLines(env), []);
  await stop();
});

test('a stop on a disk that fails closes what it can, and the next start has everything that was acknowledged', async () => {
  const { env, createTopic, partition, stop } = await localBroker();
  await createTopic('orders', 3);
  for (const index of [0, 1, 2]) assert.equal(await append(await partition('orders', index)), ErrorCode.NONE);
  failing(env, ['write', 'sync', 'open', 'syncDirectory', 'rename'], 'io');
  await assert.rejects(stop());
  env.disk.heal();
  const config = new BrokerConfig({ flag: { 'node.id': '1' } });
  const after = nextProcess(env);
  const store = await openDataDirectories({ env: after, config, paths: ['data'] });
  for (const id of await store.engine.list()) {
    if (id.topic === 'orders') assert.equal((await store.engine.open(id, logSettings())).endOffset, 1);
  }
  await store.close();
});

for (const stop of ['clean', 'kill'] as const) {
  test(`without anything derived, a broker answers as before: records, and batches that a producer sends again (${stop})`, async () => {
    const first = await localBroker();
    await first.createTopic('orders');
    const batch = (sequence: number) => produced({ producerId: 7, producerEpoch: 0, baseSequence: sequence });
    const before = await first.partition('orders');
    for (let sequence = 0; sequence < 7; sequence += 1) before.append(batch(sequence), PRODUCE_VERSION);
    await before.whenDurable(6);
    if (stop === 'clean') await first.stop();
    const env = nextProcess(first.env);
    await removeDerived(env);
    const second = await localBroker({}, ['data'], env);
    const after = await second.partition('orders');
    assert.deepEqual([after.logStartOffset, after.highWatermark], [0, 7]);
    const again = after.append(batch(5), PRODUCE_VERSION);
    assert.deepEqual(again.kind === 'appended' && [again.duplicate, again.baseOffset], [true, 5]);
    assert.equal(after.endOfEpoch(before.leaderEpoch).endOffset, 7);
    assert.deepEqual(loudLines(env), []);
    await second.stop();
  });
}

/** Everything but records, log starts and the names of things. */
async function removeDerived({ disk }: TestEnv): Promise<void> {
  const entries = await disk.list('data');
  for (const { name, kind } of entries) {
    if (kind === 'directory') {
      for (const file of await disk.list(`data/${name}`)) {
        if (/\.(index|timeindex|snapshot)$|^leader-epoch/.test(file.name))
          await disk.remove(`data/${name}/${file.name}`);
      }
    } else if (/cleanstate|recovery-point/.test(name)) await disk.remove(`data/${name}`);
  }
}

test('on a full disk topics can be deleted and offsets committed, and room that this makes is used', async () => {
  const { env, broker, createTopic, partition, stop } = await localBroker();
  await createTopic('orders');
  await createTopic('old');
  const orders = await partition('orders');
  env.disk.bytesFree = limits.diskReserveBytes / 2;
  await env.clock.advance(limits.recoveryPointAgeMs);
  assert.equal(await append(orders), ErrorCode.KAFKA_STORAGE_ERROR);
  const [deleted] = await broker.metadata.deleteTopics([{ name: 'old' }]);
  assert.equal(deleted?.kind, 'deleted');
  env.disk.bytesFree = 10 * limits.diskReserveBytes;
  await env.clock.advance(limits.diskCheckIntervalMs);
  assert.equal(await append(orders), ErrorCode.NONE);
  assert.equal(await partition('orders'), orders, 'it was never closed');
  await stop();
});
