/** A real broker process with two data directories: a partition is moved between them while kafkajs produces to it and reads it, and the process is killed in between. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Kafka, logLevel } from 'kafkajs';
import { LoadClient } from '../bench/load/client.ts';
import { ErrorCode } from '../src/protocol/error-code.ts';
import { AlterReplicaLogDirs } from '../src/protocol/messages/alter-replica-log-dirs.ts';
import { BrokerProcess } from './broker-process.ts';
import { eventually, within } from './clients/eventually.ts';

const TOPIC = 'orders';
const VALUE_BYTES = 20_000;

/** Produces one record after the other until it is stopped; the numbers of those that were acknowledged. */
function produceAll(kafka: Kafka): { stop(): Promise<readonly number[]>; readonly count: () => number } {
  const acknowledged: number[] = [];
  let stopped = false;
  const done = (async () => {
    const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    for (let number = 0; !stopped; number += 1) {
      const value = `${number} `.padEnd(VALUE_BYTES, 'x');
      await producer.send({ topic: TOPIC, acks: -1, messages: [{ value, partition: 0 }] });
      acknowledged.push(number);
    }
    await producer.disconnect();
  })();
  return {
    count: () => acknowledged.length,
    async stop() {
      stopped = true;
      await within('the producer ends', done);
      return acknowledged;
    },
  };
}

async function readAll(kafka: Kafka, group: string, count: number): Promise<readonly number[]> {
  const consumer = kafka.consumer({ groupId: group });
  await consumer.connect();
  await consumer.subscribe({ topic: TOPIC, fromBeginning: true });
  const found: number[] = [];
  await consumer.run({
    eachMessage: async ({ message }) => void found.push(Number.parseInt(String(message.value), 10)),
  });
  await eventually('all records are read', async () => found.length >= count);
  await consumer.disconnect();
  return found;
}

async function move(broker: BrokerProcess, name: string, topic = TOPIC): Promise<void> {
  const client = await LoadClient.connect(broker.bootstrap);
  const dirs = [{ path: join(broker.dataDir, name), topics: [{ name: topic, partitions: [0] }] }];
  const { results } = await client.request(AlterReplicaLogDirs, 2, { dirs });
  assert.equal(results[0]?.partitions[0]?.errorCode, ErrorCode.NONE);
  client.close();
}

/** Where the partition's directories are. */
async function places({ dataDir }: BrokerProcess, topic = TOPIC): Promise<string> {
  const names = await Promise.all(['a', 'b'].map(async (name) => [name, await readdir(join(dataDir, name))] as const));
  const found = names.flatMap(([name, entries]) =>
    entries
      .filter((entry) => entry.startsWith(`${topic}-0`))
      .map((entry) => (entry === `${topic}-0` ? name : `${name}?`)),
  );
  return found.sort().join(' ');
}

test('a partition that is moved there and back while it is used, and while the process dies, has every acknowledged record once', async () => {
  await using broker = await BrokerProcess.start([], { directories: ['a', 'b'], logLevel: 'error' });
  const kafka = new Kafka({
    brokers: [broker.bootstrap],
    logLevel: logLevel.NOTHING,
    retry: { retries: 30, initialRetryTime: 20, maxRetryTime: 300 },
  });
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({
    topics: [{ topic: TOPIC, configEntries: [{ name: 'segment.bytes', value: String(1024 * 1024) }] }],
  });
  const producing = produceAll(kafka);
  const produced = async (more: number) => {
    const wanted = producing.count() + more;
    await eventually('more is acknowledged', async () => producing.count() >= wanted);
  };
  await produced(100);
  const first = await places(broker);
  const second = first === 'a' ? 'b' : 'a';
  for (const name of [second, first, second]) {
    await move(broker, name);
    await eventually(`the partition is in ${name}`, async () => (await places(broker)) === name);
    await produced(60);
  }
  const soFar = producing.count();
  assert.deepEqual((await readAll(kafka, 'before', soFar)).slice(0, soFar), [...Array(soFar).keys()]);
  await move(broker, first);
  await broker.restart('SIGKILL');
  await eventually(`the partition is in ${first}`, async () => (await places(broker)) === first);
  await produced(20);
  const acknowledged = await producing.stop();
  await admin.disconnect();
  const found = await readAll(kafka, 'after', acknowledged.length);
  assert.deepEqual(found, [...acknowledged.keys()]);
});

test('transactions go on without an error while the partitions of their coordinators are moved', async () => {
  const topics = ['__transaction_state', '__consumer_offsets'];
  const settings = ['transaction.state.log.num.partitions=1', 'offsets.topic.num.partitions=1'];
  await using broker = await BrokerProcess.start(settings, { directories: ['a', 'b'], logLevel: 'error' });
  const kafka = new Kafka({ brokers: [broker.bootstrap], logLevel: logLevel.NOTHING });
  const producer = kafka.producer({ transactionalId: 'mover', idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  const offsets = (offset: number) => [{ topic: TOPIC, partitions: [{ partition: 0, offset: String(offset) }] }];
  let isMoving = true;
  let committed = 0;
  const committing = (async () => {
    while (isMoving) {
      const transaction = await producer.transaction();
      await transaction.send({ topic: TOPIC, messages: [{ value: String(committed), partition: 0 }] });
      await transaction.sendOffsets({ consumerGroupId: 'group', topics: offsets(committed + 1) });
      await transaction.commit();
      committed += 1;
    }
  })();
  await eventually('transactions are committed', async () => committed > 5);
  for (let moves = 0; moves < 6; moves += 1) {
    for (const topic of topics) {
      const name = (await places(broker, topic)) === 'a' ? 'b' : 'a';
      const before = committed;
      await move(broker, name, topic);
      await Promise.race([
        committing,
        eventually(
          `${topic} is in ${name}`,
          async () => (await places(broker, topic)) === name && committed > before + 1,
        ),
      ]);
    }
  }
  isMoving = false;
  await within('the last transaction is committed', committing);
  await producer.disconnect();
  const admin = kafka.admin();
  await admin.connect();
  const [found] = await admin.fetchOffsets({ groupId: 'group', topics: [TOPIC] });
  await admin.disconnect();
  assert.equal(found?.partitions[0]?.offset, String(committed));
});
