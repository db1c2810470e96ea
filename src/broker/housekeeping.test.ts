import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testEnv } from '../../sim/test-env.ts';
import { settle } from '../../sim/virtual-clock.ts';
import { present } from '../base/assert.ts';
import { BrokerConfig } from '../config/broker-config.ts';
import { MemoryLogEngine } from '../log/memory/memory-engine.ts';
import { EngineMetadataLog } from '../metadata/engine-metadata-log.ts';
import type { Partition } from '../partition/partition.ts';
import { type BatchToBuild, buildBatch } from '../protocol/batch/build.ts';
import { type OpenBroker, openBroker } from './broker.ts';
import { localBroker } from './local-broker.fixture.ts';
import { LogLevels } from './log-levels.ts';

const MINUTE_MS = 60_000;

async function brokerWithTopic(settings: Readonly<Record<string, string>>) {
  const env = testEnv();
  const config = new BrokerConfig({ flag: settings });
  const engine = new MemoryLogEngine({ env });
  const metadataLog = new EngineMetadataLog({ env, engine, config });
  const logLevels = new LogLevels('INFO');
  const broker = await openBroker({
    env,
    config,
    logLevels,
    engine,
    metadataLog,
    endPoints: [],
  });
  const topic = { name: 'orders', numPartitions: 1, replicationFactor: -1, assignments: [], configs: [] };
  await broker.metadata.createTopics([topic], { validateOnly: false });
  const partition = await broker.partitions.get('orders', 0);
  assert.ok(typeof partition !== 'number');
  return { broker, partition, clock: env.clock, timers: env.timers };
}

function append(broker: OpenBroker, partition: Partition, rest: Partial<BatchToBuild> = {}): void {
  const records = [{ timestamp: broker.env.clock.now(), key: null, value: Buffer.from('value') }];
  assert.equal(partition.append(buildBatch({ records, ...rest }), 9).kind, 'appended');
}

test('what retention no longer keeps goes without anybody asking, after the initial delay and then again and again', async () => {
  const { broker, partition, clock } = await brokerWithTopic({
    'log.retention.ms': String(10 * MINUTE_MS),
    'log.retention.check.interval.ms': String(MINUTE_MS),
    'log.initial.task.delay.ms': '30000',
  });
  append(broker, partition);
  await clock.advance(9 * MINUTE_MS);
  assert.equal(partition.logStartOffset, 0);
  await clock.advance(3 * MINUTE_MS);
  assert.equal(partition.logStartOffset, 1);
  append(broker, partition);
  await clock.advance(12 * MINUTE_MS);
  assert.equal(partition.logStartOffset, 2);
  await broker.close();
});

test('a producer that was idle for producer.id.expiration.ms is forgotten', async () => {
  const { broker, partition, clock } = await brokerWithTopic({
    'producer.id.expiration.ms': String(5 * MINUTE_MS),
    'producer.id.expiration.check.interval.ms': String(MINUTE_MS),
  });
  append(broker, partition, { producerId: 7, producerEpoch: 0, baseSequence: 0 });
  await clock.advance(4 * MINUTE_MS);
  assert.ok(partition.producers.get(7) !== undefined);
  await clock.advance(2 * MINUTE_MS);
  assert.equal(partition.producers.get(7), undefined);
  await broker.close();
});

test('after the stop no pass begins', async () => {
  const { broker, partition, clock } = await brokerWithTopic({
    'log.retention.ms': '1',
    'log.retention.check.interval.ms': '10',
    'log.initial.task.delay.ms': '0',
  });
  append(broker, partition);
  await broker.close();
  const start = partition.logStartOffset;
  await clock.advance(MINUTE_MS);
  assert.equal(partition.logStartOffset, start);
});

test('a log without a topic goes once two passes have met it: it is removed when its topic is known to be deleted, else set aside', async () => {
  const { broker, env, createTopic, partition, stop } = await localBroker({
    'log.initial.task.delay.ms': '1000',
    'log.retention.check.interval.ms': '5000',
  });
  await createTopic('deleted');
  await createTopic('a');
  const { id: deletedId } = present(broker.metadata.image.topicByName('deleted'), 'it was created');
  await broker.metadata.deleteTopics([{ name: 'deleted' }]);
  await settle(50);
  const { settings } = await partition('a');
  for (const [topic, topicId] of [['deleted', deletedId] as const, ['foreign', 'AAAAAAAAAAAAAAAAAAAAZg'] as const]) {
    await (await broker.engine.open({ topic, topicId, partition: 0 }, settings)).close();
  }
  const names = async () =>
    (await env.disk.list('data'))
      .filter(({ kind }) => kind === 'directory')
      .map(nameOf)
      .sort();
  await env.clock.advance(1_000);
  await settle(50);
  assert.deepEqual(await names(), ['__cluster_metadata-0', 'a-0', 'deleted-0', 'foreign-0']);
  await env.clock.advance(5_000);
  await settle(50);
  assert.deepEqual(await names(), ['__cluster_metadata-0', 'a-0', 'foreign-0-stray']);
  await stop();
});

function nameOf({ name }: { readonly name: string }): string {
  return name.replace(/\.[0-9a-f]{32}/, '');
}
