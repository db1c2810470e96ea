import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settle } from '../../sim/virtual-clock.ts';
import { present } from '../base/assert.ts';
import { DiskFault } from '../base/faults.ts';
import { limits } from '../base/limits.ts';
import { ConfigResourceType } from '../metadata/config-resource.ts';
import type { TopicRegistration } from '../metadata/metadata-image.ts';
import { HeldLogEngine } from '../partition/held-log.fixture.ts';
import { PRODUCE_VERSION, produced } from '../partition/partition.fixture.ts';
import { Partition } from '../partition/partition.ts';
import { ErrorCode } from '../protocol/error-code.ts';
import { handlerFixture } from '../server/handlers/handler-fixture.ts';

async function started(settings: Readonly<Record<string, string>> = {}) {
  let engine: HeldLogEngine | undefined;
  const fixture = await handlerFixture(settings, (inner) => {
    engine = new HeldLogEngine(inner);
    return engine;
  });
  const { metadata, partitions } = fixture.broker;
  await metadata.createTopics([{ name: 'a', numPartitions: 2, replicationFactor: 1, assignments: [], configs: [] }], {
    validateOnly: false,
  });
  const open = async (index = 0): Promise<Partition> => {
    const found = await partitions.get('a', index);
    assert.ok(found instanceof Partition);
    return found;
  };
  return { ...fixture, partitions, metadata, open, engine: present(engine, 'the broker has an engine') };
}

test('what does not exist and what others lead is refused', async () => {
  const { partitions, metadata } = await started();
  assert.equal(partitions.get('nope', 0), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  assert.equal(partitions.get('a', 2), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  assert.equal(partitions.get('a', -1), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  assert.equal(partitions.getById('AAAAAAAAAAAAAAAAAAAAZg', 0), ErrorCode.UNKNOWN_TOPIC_ID);
  const topic = present(metadata.image.topicByName('a'), 'the topic was created');
  const [first] = topic.partitions;
  const elsewhere: TopicRegistration = { ...topic, partitions: [{ ...present(first, 'two partitions'), leader: 2 }] };
  assert.equal(partitions.find(elsewhere, 0), ErrorCode.NOT_LEADER_OR_FOLLOWER);
});

test('a partition is opened when it is first asked for, once for all who ask, and found at once afterwards', async () => {
  const { partitions, engine, metadata, open } = await started();
  assert.equal(engine.openings, 0);
  const [first, second] = await Promise.all([open(), open()]);
  assert.equal(first, second);
  assert.equal(engine.openings, 1);
  assert.equal(partitions.get('a', 0), first);
  assert.equal(partitions.getById(present(metadata.image.topicByName('a'), 'created').id, 0), first);
  assert.deepEqual([...partitions.open()], [first]);
});

test('a partition that is to be opened anew while it is being opened is opened anew when it is open', async () => {
  const { partitions, engine, metadata, open } = await started();
  const first = open();
  const { id: topicId } = present(metadata.image.topicByName('a'), 'the topic was created');
  await partitions.reopen({ topic: 'a', topicId, partition: 0 });
  assert.equal(engine.openings, 2);
  assert.equal((await first).stopped?.kind, 'closed');
  assert.equal((await open()).stopped, undefined);
  assert.equal(engine.openings, 2);
});

test('a log that cannot be opened is a storage error, and is tried again after a pause', async () => {
  const { partitions, engine, open, env } = await started();
  engine.openingFault = new DiskFault({ kind: 'io', operation: 'open', path: '/x' });
  assert.equal(await partitions.get('a', 0), ErrorCode.KAFKA_STORAGE_ERROR);
  engine.openingFault = undefined;
  const openings = engine.openings;
  assert.equal(partitions.get('a', 0), ErrorCode.KAFKA_STORAGE_ERROR);
  assert.equal(engine.openings, openings);
  await env.clock.advance(limits.faultPauseMinMs);
  assert.ok((await open()) instanceof Partition);
});

test('a partition whose log failed is opened again from what the log kept', async () => {
  const { engine, open } = await started();
  const first = await open();
  first.append(produced(), PRODUCE_VERSION);
  const log = engine.log('a');
  log.fail(new Error('the disk is gone'));
  await log.close();
  const second = await open();
  assert.notEqual(second, first);
  assert.equal(second.highWatermark, 1);
});

test('changed settings of a topic reach its open partitions', async () => {
  const { metadata, open } = await started();
  const partition = await open();
  assert.equal(partition.settings.maxMessageBytes, 1_048_588);
  const alterations = [{ name: 'max.message.bytes', operation: 'set', value: '500' }] as const;
  await metadata.alterConfigs(
    [{ kind: 'alter', resourceType: ConfigResourceType.TOPIC, resourceName: 'a', alterations }],
    { validateOnly: false },
  );
  assert.equal(partition.settings.maxMessageBytes, 500);
});

test('a deleted topic takes its partitions and their logs along', async () => {
  const { metadata, open, engine, partitions } = await started();
  const partition = await open();
  partition.append(produced(), PRODUCE_VERSION);
  const durable = partition.whenDurable(0);
  await Promise.all([
    assert.rejects(durable, { name: 'PartitionFault', kind: 'deleted' }),
    metadata.deleteTopics([{ name: 'a' }]),
  ]);
  assert.equal(partitions.get('a', 0), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  await settle();
  assert.deepEqual(
    (await engine.list()).filter(({ topic }) => topic === 'a'),
    [],
  );
});

test('a topic that is deleted while its partition opens is not served', async () => {
  const { metadata, partitions, engine } = await started();
  const gate = Promise.withResolvers<void>();
  engine.openingGate = gate.promise;
  const opening = partitions.get('a', 0);
  await metadata.deleteTopics([{ name: 'a' }]);
  gate.resolve();
  assert.equal(await opening, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
});

test('after a close nothing is opened any more, and what was appended is acknowledged', async () => {
  const { partitions, open } = await started();
  const partition = await open();
  partition.append(produced(), PRODUCE_VERSION);
  const durable = partition.whenDurable(0);
  assert.equal(partitions.openLogs, 1);
  await partitions.close();
  await durable;
  assert.equal(partitions.openLogs, 0);
  assert.equal(partitions.get('a', 0), ErrorCode.NOT_LEADER_OR_FOLLOWER);
});
