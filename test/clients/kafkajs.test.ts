/** The client checklist with kafkajs, against a durable broker in a process of its own. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  CompressionTypes,
  type Consumer,
  type ConsumerConfig,
  Kafka,
  type KafkaMessage,
  logLevel,
  type Producer,
  type Transaction,
} from 'kafkajs';
import { BrokerProcess } from '../broker-process.ts';
import { eventually } from './eventually.ts';

describe('kafkajs', { timeout: 180_000 }, () => {
  let broker: BrokerProcess;
  let kafka: Kafka;
  let count = 0;

  before(async () => {
    broker = await BrokerProcess.start();
    kafka = new Kafka({
      clientId: 'checklist',
      brokers: [broker.bootstrap],
      logLevel: logLevel.NOTHING,
      retry: { retries: 20, initialRetryTime: 50, maxRetryTime: 500 },
    });
  });
  after(() => broker[Symbol.asyncDispose]());

  async function newTopic(numPartitions = 1, settings: Record<string, string> = {}): Promise<string> {
    count += 1;
    const topic = `topic-${count}`;
    const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }));
    await withAdmin((admin) => admin.createTopics({ topics: [{ topic, numPartitions, configEntries }] }));
    return topic;
  }

  async function withAdmin<T>(work: (admin: ReturnType<Kafka['admin']>) => Promise<T>): Promise<T> {
    const admin = kafka.admin();
    await admin.connect();
    try {
      return await work(admin);
    } finally {
      await admin.disconnect();
    }
  }

  async function withProducer<T>(
    options: Parameters<Kafka['producer']>[0],
    work: (producer: ReturnType<Kafka['producer']>) => Promise<T>,
  ): Promise<T> {
    const producer = kafka.producer(options);
    await producer.connect();
    try {
      return await work(producer);
    } finally {
      await producer.disconnect();
    }
  }

  /** Everything in a topic, read by a group of its own. */
  async function readAll(topic: string, expected: number): Promise<KafkaMessage[]> {
    return readUntil(topic, `${expected} records`, (messages) => messages.length >= expected);
  }

  async function readUntil(topic: string, what: string, isEnough: (messages: readonly KafkaMessage[]) => boolean) {
    const member = await join({ groupId: `reader-of-${topic}-${count++}` }, topic);
    const messages = () => member.messages.map(({ message }) => message);
    await eventually(what, () => isEnough(messages()));
    await member.consumer.disconnect();
    return messages();
  }

  interface Member {
    readonly consumer: Consumer;
    readonly messages: { partition: number; message: KafkaMessage }[];
    assigned: number[];
  }

  async function join(config: ConsumerConfig, topic: string): Promise<Member> {
    const consumer = kafka.consumer({ heartbeatInterval: 200, maxWaitTimeInMs: 100, ...config });
    const member: Member = { consumer, messages: [], assigned: [] };
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      member.assigned = (payload.memberAssignment[topic] ?? []).toSorted();
    });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommitInterval: 100,
      eachMessage: async ({ partition, message }) => {
        member.messages.push({ partition, message });
      },
    });
    return member;
  }

  test('admin: cluster, topics, partitions, settings, offsets', async () => {
    const topic = await newTopic(2, { 'retention.ms': '3600000' });
    await withAdmin(async (admin) => {
      const cluster = await admin.describeCluster();
      assert.equal(cluster.brokers.length, 1);
      assert.equal(cluster.clusterId.length, 22);
      await admin.createPartitions({ topicPartitions: [{ topic, count: 4 }] });
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      assert.equal(topics[0]?.partitions.length, 4);
      const described = await admin.describeConfigs({
        includeSynonyms: false,
        resources: [{ type: 2, name: topic, configNames: ['retention.ms'] }],
      });
      assert.equal(described.resources[0]?.configEntries[0]?.configValue, '3600000');
      assert.deepEqual(
        (await admin.fetchTopicOffsets(topic)).map(({ offset }) => offset),
        ['0', '0', '0', '0'],
      );
      await admin.deleteTopics({ topics: [topic] });
      assert.ok(!(await admin.listTopics()).includes(topic));
    });
  });

  for (const [name, compression] of [
    ['none', CompressionTypes.None],
    ['gzip', CompressionTypes.GZIP],
  ] as const) {
    test(`records: round trip with compression ${name}`, async () => {
      const topic = await newTopic(3);
      const messages = Array.from({ length: 1000 }, (_, i) => ({
        key: `k${i}`,
        value: `v${i}-${'x'.repeat(i % 100)}`,
      }));
      await withProducer({}, (producer) => producer.send({ topic, messages, compression }));
      const values = (await readAll(topic, 1000)).map(({ value }) => `${value}`);
      assert.deepEqual(new Set(values), new Set(messages.map(({ value }) => value)));
      assert.equal(values.length, 1000);
    });
  }

  test('records: keys, headers, timestamps, tombstones', async () => {
    const topic = await newTopic();
    await withProducer({}, (producer) =>
      producer.send({
        topic,
        messages: [
          { key: 'ключ', value: 'wert ☃', timestamp: '1600000000123', headers: { a: '1', b: Buffer.alloc(0) } },
          { key: 'gone', value: null },
          { value: 'keyless' },
        ],
      }),
    );
    const [full, tombstone, keyless] = await readAll(topic, 3);
    assert.deepEqual([`${full?.key}`, `${full?.value}`, full?.timestamp], ['ключ', 'wert ☃', '1600000000123']);
    assert.equal(`${full?.headers?.['a']}`, '1');
    assert.equal(tombstone?.value, null);
    assert.equal(keyless?.key, null);
  });

  test('records: an idempotent producer keeps order', async () => {
    const topic = await newTopic();
    await withProducer({ idempotent: true, maxInFlightRequests: 1 }, async (producer) => {
      for (let i = 0; i < 50; i++) await producer.send({ topic, messages: [{ value: `v${i}` }] });
    });
    const values = (await readAll(topic, 50)).map(({ value }) => `${value}`);
    assert.deepEqual(
      values,
      Array.from({ length: 50 }, (_, i) => `v${i}`),
    );
  });

  test('records: large messages and the limit', async () => {
    const topic = await newTopic(1, { 'max.message.bytes': '8000000' });
    const small = await newTopic(1, { 'max.message.bytes': '1000' });
    await withProducer({ retry: { retries: 0 } }, async (producer) => {
      await producer.send({ topic, messages: [{ value: 'x'.repeat(7_000_000) }] });
      await assert.rejects(producer.send({ topic: small, messages: [{ value: 'x'.repeat(5000) }] }), {
        type: 'MESSAGE_TOO_LARGE',
      });
    });
    assert.equal((await readAll(topic, 1))[0]?.value?.length, 7_000_000);
  });

  test('records: offsets by time', async () => {
    const topic = await newTopic();
    const messages = Array.from({ length: 100 }, (_, i) => ({ value: `v${i}`, timestamp: `${1_000_000 + i * 10}` }));
    await withProducer({}, (producer) => producer.send({ topic, messages }));
    const [found] = await withAdmin((admin) => admin.fetchTopicOffsetsByTimestamp(topic, 1_000_495));
    assert.equal(found?.offset, '50');
  });

  test('groups: pause, seek, resume', async () => {
    const topic = await newTopic();
    const member = await join({ groupId: `pauses-${topic}` }, topic);
    await eventually('an assignment', () => member.assigned.length === 1);
    member.consumer.pause([{ topic }]);
    await withProducer({}, (producer) =>
      producer.send({ topic, messages: Array.from({ length: 20 }, (_, i) => ({ value: `v${i}` })) }),
    );
    member.consumer.seek({ topic, partition: 0, offset: '15' });
    member.consumer.resume([{ topic }]);
    await eventually('five records', () => member.messages.some(({ message }) => message.offset === '19'));
    await member.consumer.disconnect();
    assert.equal(member.messages.at(-5)?.message.offset, '15');
  });

  test('groups: three members share, one leaves, the others take over', async () => {
    const topic = await newTopic(6);
    const groupId = `three-${topic}`;
    const members = await Promise.all([1, 2, 3].map(() => join({ groupId }, topic)));
    const [a, b, c] = members;
    assert.ok(a && b && c);
    await eventually('two partitions each', () => members.every(({ assigned }) => assigned.length === 2));
    await produceNumbers(topic, 0);
    await eventually('60 records', () => distinct(members) === 60);
    await c.consumer.disconnect();
    await eventually('three partitions each', () => a.assigned.length === 3 && b.assigned.length === 3);
    await produceNumbers(topic, 60);
    await eventually('120 records', () => distinct(members) === 120);
    await Promise.all([a.consumer.disconnect(), b.consumer.disconnect()]);
    await withAdmin(async (admin) => {
      const offsets = await admin.fetchOffsets({ groupId, topics: [topic] });
      const sum = offsets[0]?.partitions.reduce((total, { offset }) => total + Number(offset), 0);
      assert.equal(sum, 120);
      await admin.deleteGroups([groupId]);
    });
  });

  function transactional(transactionalId: string): Parameters<Kafka['producer']>[0] {
    return { transactionalId, idempotent: true, maxInFlightRequests: 1 };
  }

  test('transactions: what is committed is seen on all partitions, what is aborted is not', async () => {
    const topic = await newTopic(3);
    const messages = (kind: string) => [0, 1, 2].map((partition) => ({ partition, value: `${kind} ${partition}` }));
    await withProducer(transactional('tx-outcomes'), async (producer) => {
      for (const kind of ['first', 'lost', 'second']) {
        const transaction = await producer.transaction();
        await transaction.send({ topic, messages: messages(kind) });
        await (kind === 'lost' ? transaction.abort() : transaction.commit());
      }
    });
    const values = (await readAll(topic, 6)).map(({ value }) => `${value}`);
    assert.deepEqual(
      values.toSorted(),
      [...messages('first'), ...messages('second')].map(({ value }) => value),
    );
  });

  test('transactions: a zombie is fenced, and its open transaction is aborted', async () => {
    const topic = await newTopic();
    const send = (transaction: Transaction, value: string) => transaction.send({ topic, messages: [{ value }] });
    await withProducer(transactional('tx-fenced'), async (zombie) => {
      const open = await zombie.transaction();
      await send(open, 'of the zombie');
      await withProducer(transactional('tx-fenced'), async (successor) => {
        const transaction = await successor.transaction();
        await send(transaction, 'of the successor');
        await transaction.commit();
        await assert.rejects(send(open, 'too late'), { name: 'KafkaJSProtocolError' });
        await assert.rejects(open.commit());
      });
    });
    assert.deepEqual(
      (await readAll(topic, 1)).map(({ value }) => `${value}`),
      ['of the successor'],
    );
  });

  test('transactions: offsets of a group go with the records', async () => {
    const topic = await newTopic();
    const groupId = `offsets-of-${topic}`;
    const committed = () =>
      withAdmin(async (admin) => {
        const [offsets] = await admin.fetchOffsets({ groupId, topics: [topic] });
        return offsets?.partitions[0]?.offset;
      });
    const offsetsAt = (offset: string) => ({
      consumerGroupId: groupId,
      topics: [{ topic, partitions: [{ partition: 0, offset }] }],
    });
    await withProducer(transactional('tx-offsets'), async (producer) => {
      const lost = await producer.transaction();
      await lost.sendOffsets(offsetsAt('7'));
      await lost.abort();
      await eventually('the abort', async () => (await committed()) === '-1');
      const kept = await producer.transaction();
      await kept.send({ topic, messages: [{ value: 'v' }] });
      await kept.sendOffsets(offsetsAt('9'));
      await kept.commit();
      await eventually('the offset', async () => (await committed()) === '9');
    });
  });

  function produceNumbers(topic: string, from: number) {
    const messages = Array.from({ length: 60 }, (_, i) => ({ value: `v${from + i}`, partition: i % 6 }));
    return withProducer({}, (producer) => producer.send({ topic, messages }));
  }

  function distinct(members: readonly Member[]): number {
    return new Set(members.flatMap(({ messages }) => messages.map(({ message }) => `${message.value}`))).size;
  }

  for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
    test(`restart: ${signal} while an idempotent producer works, nothing lost or doubled`, async () => {
      const topic = await newTopic();
      const acknowledged: string[] = [];
      await withProducer({ idempotent: true, maxInFlightRequests: 1 }, async (producer) => {
        let restarted = false;
        const restart = (async () => {
          await eventually('some acknowledgements', () => acknowledged.length >= 100);
          await broker.restart(signal);
          restarted = true;
        })();
        let afterwards = 0;
        for (let i = 0; afterwards < 100; i++) {
          await producer.send({ topic, messages: [{ value: `v${i}` }] });
          acknowledged.push(`v${i}`);
          if (restarted) afterwards += 1;
        }
        await restart;
      });
      const values = (await readAll(topic, acknowledged.length)).map(({ value }) => `${value}`);
      assert.deepEqual(values, acknowledged);
    });

    test(`restart: ${signal} while a transactional producer works, every transaction whole or not at all`, async () => {
      const topic = await newTopic(2);
      const acknowledged: string[] = [];
      const doubtful: string[] = [];
      let isRestarted = false;
      const restart = (async () => {
        await eventually('some transactions', () => acknowledged.length >= 20);
        await broker.restart(signal);
        isRestarted = true;
      })();
      let next = 0;
      let afterwards = 0;
      const transact = async (producer: Producer) => {
        while (afterwards < 20) {
          const value = `v${next++}`;
          doubtful.push(value);
          const transaction = await producer.transaction();
          await transaction.send({ topic, messages: [0, 1].map((partition) => ({ partition, value })) });
          await transaction.commit();
          doubtful.pop();
          acknowledged.push(value);
          if (isRestarted) afterwards += 1;
        }
      };
      // This client gives up a transaction whose coordinator is away for a moment: then its user begins again with a new producer.
      while (afterwards < 20)
        await withProducer(transactional(`tx-restart-${signal}`), transact).catch(() => undefined);
      await restart;
      const messages = await readUntil(topic, 'all that was acknowledged', (read) => {
        const values = new Set(read.map(({ value }) => `${value}`));
        return read.length >= 2 * acknowledged.length && acknowledged.every((value) => values.has(value));
      });
      const times = new Map<string, number>();
      for (const { value } of messages) times.set(`${value}`, (times.get(`${value}`) ?? 0) + 1);
      for (const value of acknowledged) assert.equal(times.get(value), 2, value);
      for (const value of doubtful) assert.ok([undefined, 2].includes(times.get(value)), value);
      assert.ok(doubtful.length <= 5, 'a restart fails a few transactions at most');
    });
  }
});
