/** Partitions of a whole broker that are moved between its data directories while they are used. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testEnv } from '../../sim/test-env.ts';
import { PRODUCE_VERSION, produced } from '../partition/partition.fixture.ts';
import { ErrorCode } from '../protocol/error-code.ts';
import { type LocalBroker, localBroker } from './local-broker.fixture.ts';
import { moveReplica } from './move-replica.ts';

const PATHS = ['a', 'b', 'c'] as const;

function move({ broker }: LocalBroker, path: string, topic = 'orders', partition = 0): Promise<ErrorCode> {
  return moveReplica({ topic, partition }, { path, broker });
}

async function placesOf({ broker }: LocalBroker, topic: string): Promise<readonly string[]> {
  const directories = await broker.engine.directories();
  return directories.filter(({ logs }) => logs.some(({ id }) => id.topic === topic)).map(({ path }) => path);
}

test('a move keeps every acknowledgement, and the producer its sequences', async () => {
  const env = testEnv();
  const local = await localBroker({ 'cordoned.log.dirs': 'b,c', 'log.dirs': 'a,b,c' }, PATHS, env);
  await local.createTopic('orders');
  const sequenced = (baseSequence: number) => produced({ producerId: 7, producerEpoch: 0, baseSequence });
  const first = await local.partition('orders');
  first.append(sequenced(0), PRODUCE_VERSION);
  local.broker.config.setDynamic('broker', new Map([['cordoned.log.dirs', '']]));
  assert.equal(await move(local, 'b'), ErrorCode.NONE);
  // In the turns in which the log is closed and opened again, appends are acknowledged or refused, and requests wait.
  let acknowledged = 1;
  for (let count = 0; count < 50; count += 1) {
    const partition = await local.partition('orders');
    const result = partition.append(sequenced(acknowledged), PRODUCE_VERSION);
    if (result.kind === 'refused') {
      assert.equal(result.error, ErrorCode.NOT_LEADER_OR_FOLLOWER);
      continue;
    }
    const kept = await partition.whenDurable(result.lastOffset).then(
      () => true,
      () => false,
    );
    assert.ok(kept, 'what was appended before the log was closed is acknowledged');
    acknowledged += 1;
    await env.clock.advance(1);
  }
  assert.deepEqual(await placesOf(local, 'orders'), ['b']);
  const moved = await local.partition('orders');
  assert.notEqual(moved, first);
  assert.equal(moved.highWatermark, acknowledged);
  const again = moved.append(sequenced(acknowledged - 1), PRODUCE_VERSION);
  assert.ok(again.kind === 'appended' && again.duplicate && again.baseOffset === acknowledged - 1);
  const skipped = moved.append(sequenced(acknowledged + 5), PRODUCE_VERSION);
  assert.ok(skipped.kind === 'refused' && skipped.error === ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER);
  await local.stop();
});

test('what cannot be is refused with Apache Kafka’s codes', async () => {
  const local = await localBroker({ 'log.dirs': 'a,b,c', 'cordoned.log.dirs': 'c' }, PATHS);
  await local.createTopic('orders');
  assert.equal(await move(local, '/nowhere'), ErrorCode.LOG_DIR_NOT_FOUND);
  assert.equal(await move(local, 'c'), ErrorCode.INVALID_REPLICA_ASSIGNMENT);
  assert.equal(await move(local, 'b', 'nothing'), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  assert.equal(await move(local, 'b', 'orders', 1), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  assert.equal(await move(local, 'b', 'x'.repeat(214)), ErrorCode.INVALID_TOPIC_EXCEPTION);
  local.env.disk.fail('io', ({ path }) => path.startsWith('b/'));
  await move(local, 'b');
  await local.env.clock.advance(1_000);
  assert.equal(await move(local, 'b'), ErrorCode.KAFKA_STORAGE_ERROR);
  await local.stop();
});

test('a partition that is not there yet is made where it was wished, and a topic that is deleted takes its move along', async () => {
  const local = await localBroker({ 'log.dirs': 'a,b,c' }, PATHS);
  assert.equal(await move(local, 'c'), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  await local.createTopic('orders');
  await local.partition('orders');
  assert.deepEqual(await placesOf(local, 'orders'), ['c']);
  local.broker.config.setDynamic('cluster', new Map([['replica.alter.log.dirs.io.max.bytes.per.second', '1']]));
  const partition = await local.partition('orders');
  partition.append(produced(), PRODUCE_VERSION);
  await partition.whenDurable(0);
  assert.equal(await move(local, 'a'), ErrorCode.NONE);
  await local.env.clock.advance(5_000);
  assert.equal((await local.broker.engine.directories())[0]?.futures?.length, 1);
  await local.broker.metadata.deleteTopics([{ name: 'orders' }]);
  await local.env.clock.advance(1_000);
  for (const path of PATHS) {
    const names = (await local.env.disk.list(path)).map(({ name }) => name);
    assert.ok(!names.some((name) => name.startsWith('orders')), `${path} has ${names}`);
  }
  await local.stop();
});
