/** Fails when invariant I22 does not hold. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testEnv } from '../../sim/test-env.ts';
import { BrokerConfig } from '../config/broker-config.ts';
import { MemoryLogEngine } from '../log/memory/memory-engine.ts';
import { EngineMetadataLog } from '../metadata/engine-metadata-log.ts';
import type { Partition } from '../partition/partition.ts';
import { buildBatch } from '../protocol/batch/build.ts';
import { batches } from '../protocol/batch/iterate.ts';
import { recordsOf } from '../protocol/batch/records.ts';
import { openBroker } from './broker.ts';
import { LogLevels } from './log-levels.ts';

async function brokerWith(settings: Readonly<Record<string, string>>, topic: Readonly<Record<string, string>> = {}) {
  const env = testEnv();
  const config = new BrokerConfig({ flag: { 'log.cleaner.backoff.ms': '100', ...settings } });
  const engine = new MemoryLogEngine({ env });
  const metadataLog = new EngineMetadataLog({ env, engine, config });
  const broker = await openBroker({
    env,
    config,
    logLevels: new LogLevels('INFO'),
    engine,
    metadataLog,
    endPoints: [],
  });
  const configs = Object.entries({ 'cleanup.policy': 'compact', 'segment.ms': '1000', ...topic });
  const wanted = { name: 'orders', numPartitions: 1, replicationFactor: -1, assignments: [] };
  const named = configs.map(([name, value]) => ({ name, value }));
  await broker.metadata.createTopics([{ ...wanted, configs: named }], { validateOnly: false });
  const partition = await broker.partitions.get('orders', 0);
  assert.ok(typeof partition !== 'number');
  return { broker, partition, clock: env.clock };
}

/** Each batch is 2 s after the one before, and so begins a segment. */
function append(partition: Partition, keys: readonly string[], producer = {}): void {
  for (const key of keys) {
    const timestamp = 1_800_000_000_000 + partition.logEndOffset * 2_000;
    const records = [{ timestamp, key: Buffer.from(key), value: Buffer.from('v') }];
    assert.equal(partition.append(buildBatch({ records, ...producer }), 9).kind, 'appended');
  }
}

async function offsets(partition: Partition): Promise<number[]> {
  const found: number[] = [];
  await partition.replay((run) => {
    for (const batch of batches(run)) for (const { offset } of recordsOf(batch)) found.push(offset);
  });
  return found;
}

test('a compacted topic is cleaned without anybody asking', async () => {
  const { broker, partition, clock } = await brokerWith({});
  append(partition, ['a', 'b', 'a', 'a', 'end']);
  await clock.advance(200);
  assert.deepEqual(await offsets(partition), [1, 3, 4]);
  await broker.close();
});

test('a log with fewer new bytes than min.cleanable.dirty.ratio waits, until max.compaction.lag.ms has passed', async () => {
  const lag = { 'min.cleanable.dirty.ratio': '0.9', 'max.compaction.lag.ms': '60000' };
  const { broker, partition, clock } = await brokerWith({}, lag);
  append(partition, ['a', 'b', 'c', 'end']);
  await clock.advance(200);
  append(partition, ['a', 'end2']);
  await clock.advance(200);
  assert.deepEqual(await offsets(partition), [0, 1, 2, 3, 4, 5]);
  await clock.advance(70_000);
  assert.deepEqual(await offsets(partition), [1, 2, 3, 4, 5]);
  await broker.close();
});

test('records younger than min.compaction.lag.ms stay', async () => {
  const { broker, partition, clock } = await brokerWith(
    {},
    { 'min.compaction.lag.ms': '60000', 'min.cleanable.dirty.ratio': '0' },
  );
  append(partition, ['a', 'a', 'end']);
  await clock.advance(1_000);
  assert.deepEqual(await offsets(partition), [0, 1, 2]);
  await clock.advance(70_000);
  assert.deepEqual(await offsets(partition), [1, 2]);
  await broker.close();
});

test('a topic that is not compacted, and all topics without log.cleaner.enable, stay as they are', async () => {
  const plain = await brokerWith({}, { 'cleanup.policy': 'delete' });
  const disabled = await brokerWith({ 'log.cleaner.enable': 'false' });
  for (const { broker, partition, clock } of [plain, disabled]) {
    append(partition, ['a', 'a', 'end']);
    await clock.advance(1_000);
    assert.deepEqual(await offsets(partition), [0, 1, 2]);
    await broker.close();
  }
});

test('an idempotent producer goes on after its records were compacted away', async () => {
  const { broker, partition, clock } = await brokerWith({});
  const producer = { producerId: 7, producerEpoch: 0 };
  append(partition, ['a'], { ...producer, baseSequence: 0 });
  append(partition, ['a', 'end']);
  await clock.advance(200);
  assert.deepEqual(await offsets(partition), [1, 2]);
  // Invariant I22.
  await partition.stop('not-leader');
  const id = partition.id;
  const again = await broker.partitions.getById(id.topicId, 0);
  assert.ok(typeof again !== 'number');
  append(again, ['b'], { ...producer, baseSequence: 1 });
  await broker.close();
});
