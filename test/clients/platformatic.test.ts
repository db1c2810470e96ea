/** The client checklist with @platformatic/kafka, against a durable broker in a process of its own. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  Admin,
  allowedCompressionsAlgorithms,
  ConfigResourceTypes,
  Consumer,
  type ConsumerOptions,
  type Message,
  type MessagesStream,
  Producer,
  type ProducerOptions,
  stringDeserializers,
  stringSerializers,
} from '@platformatic/kafka';
import { BrokerProcess } from '../broker-process.ts';
import { eventually } from './eventually.ts';

type TextMessage = Message<string, string, string, string>;
type TextConsumer = Consumer<string, string, string, string>;

describe('@platformatic/kafka', { timeout: 180_000 }, () => {
  let broker: BrokerProcess;
  let count = 0;
  const joined = new Set<Member>();

  before(async () => {
    broker = await BrokerProcess.start(['group.initial.rebalance.delay.ms=0']);
  });
  after(async () => {
    // A test that has failed may have left its members behind, and they would keep the process alive.
    await Promise.allSettled(Array.from(joined, leave));
    await broker[Symbol.asyncDispose]();
  });

  function connection() {
    return { clientId: 'checklist', bootstrapBrokers: [broker.bootstrap], retries: 100, retryDelay: 50 };
  }

  async function withAdmin<T>(work: (admin: Admin) => Promise<T>): Promise<T> {
    const admin = new Admin(connection());
    try {
      return await work(admin);
    } finally {
      await admin.close();
    }
  }

  async function withProducer<T>(
    options: Partial<ProducerOptions<string, string, string, string>>,
    work: (producer: Producer<string, string, string, string>) => Promise<T>,
  ): Promise<T> {
    const producer = new Producer({ ...connection(), serializers: stringSerializers, ...options });
    try {
      return await work(producer);
    } finally {
      await producer.close();
    }
  }

  async function newTopic(partitions = 1, settings: Record<string, string> = {}): Promise<string> {
    count += 1;
    const topic = `topic-${count}`;
    const configs = Object.entries(settings).map(([name, value]) => ({ name, value }));
    await withAdmin((admin) => admin.createTopics({ topics: [topic], partitions, configs }));
    return topic;
  }

  interface Member {
    readonly consumer: TextConsumer;
    readonly stream: MessagesStream<string, string, string, string>;
    readonly messages: TextMessage[];
  }

  async function join(
    topic: string,
    options: Partial<ConsumerOptions<string, string, string, string>> & { groupId: string },
    offsets?: { topic: string; partition: number; offset: bigint }[],
  ): Promise<Member> {
    const consumer: TextConsumer = new Consumer({
      ...connection(),
      deserializers: stringDeserializers,
      heartbeatInterval: 200,
      maxWaitTime: 100,
      autocommit: 100,
      ...options,
    });
    const stream = await consumer.consume({
      topics: [topic],
      ...(offsets === undefined ? { mode: 'committed', fallbackMode: 'earliest' } : { mode: 'manual', offsets }),
    });
    const member: Member = { consumer, stream, messages: [] };
    joined.add(member);
    stream.on('data', (message) => void member.messages.push(message));
    return member;
  }

  async function leave(member: Member): Promise<void> {
    joined.delete(member);
    await member.stream.close();
    await member.consumer.close(true);
  }

  function assigned({ consumer }: Member): number {
    return consumer.assignments?.reduce((sum, { partitions }) => sum + partitions.length, 0) ?? 0;
  }

  /** Everything in a topic, read by a group of its own. */
  async function readAll(topic: string, expected: number): Promise<TextMessage[]> {
    count += 1;
    const member = await join(topic, { groupId: `reader-${count}` });
    await eventually(`${expected} records`, () => member.messages.length >= expected);
    await leave(member);
    return member.messages;
  }

  function numbered(topic: string, length: number, from = 0) {
    return Array.from({ length }, (_, i) => ({ topic, key: `k${from + i}`, value: `v${from + i}` }));
  }

  test('admin: topics, partitions, settings', async () => {
    const topic = await newTopic(2, { 'retention.ms': '3600000' });
    await withAdmin(async (admin) => {
      await admin.createPartitions({ topics: [{ name: topic, count: 4 }] });
      const metadata = await admin.metadata({ topics: [topic], forceUpdate: true });
      assert.equal(metadata.brokers.size, 1);
      assert.equal(metadata.id.length, 22);
      assert.equal(metadata.topics.get(topic)?.partitionsCount, 4);
      const [described] = await admin.describeConfigs({
        resources: [
          { resourceType: ConfigResourceTypes.TOPIC, resourceName: topic, configurationKeys: ['retention.ms'] },
        ],
      });
      assert.equal(described?.configs[0]?.value, '3600000');
      await admin.deleteTopics({ topics: [topic] });
      assert.ok(!(await admin.listTopics()).includes(topic));
    });
  });

  for (const compression of allowedCompressionsAlgorithms) {
    test(`records: round trip with compression ${compression}`, async () => {
      const topic = await newTopic(3);
      const messages = Array.from({ length: 1000 }, (_, i) => ({
        topic,
        key: `k${i}`,
        value: `v${i}-${'x'.repeat(i % 100)}`,
      }));
      await withProducer({}, (producer) => producer.send({ messages, compression }));
      const values = (await readAll(topic, 1000)).map(({ value }) => value);
      assert.deepEqual(values.toSorted(), messages.map(({ value }) => value).toSorted());
    });
  }

  test('records: keys, headers, timestamps, tombstones', async () => {
    const topic = await newTopic();
    await withProducer({}, (producer) =>
      producer.send({
        messages: [
          { topic, key: 'ключ', value: 'wert ☃', timestamp: 1_600_000_000_123n, headers: { a: '1', b: '' } },
          { topic, key: 'gone' },
          { topic, value: 'keyless' },
        ],
      }),
    );
    const [full, tombstone, keyless] = await readAll(topic, 3);
    assert.deepEqual([full?.key, full?.value, full?.timestamp], ['ключ', 'wert ☃', 1_600_000_000_123n]);
    assert.deepEqual([full?.headers.get('a'), full?.headers.get('b')], ['1', '']);
    assert.deepEqual([tombstone?.key, tombstone?.value ?? null], ['gone', null]);
    assert.deepEqual([keyless?.key ?? null, keyless?.value], [null, 'keyless']);
  });

  test('records: an idempotent producer keeps order', async () => {
    const topic = await newTopic();
    const messages = numbered(topic, 50);
    await withProducer({ idempotent: true }, async (producer) => {
      for (const message of messages) await producer.send({ messages: [message] });
    });
    assert.deepEqual(
      (await readAll(topic, 50)).map(({ value }) => value),
      messages.map(({ value }) => value),
    );
  });

  test('records: large messages and the limit', async () => {
    const topic = await newTopic(1, { 'max.message.bytes': '8000000' });
    const small = await newTopic(1, { 'max.message.bytes': '1000' });
    await withProducer({ retries: 0 }, async (producer) => {
      await producer.send({ messages: [{ topic, value: 'x'.repeat(7_000_000) }] });
      await assert.rejects(producer.send({ messages: [{ topic: small, value: 'x'.repeat(5000) }] }), (error) =>
        hasApiId(error, 'MESSAGE_TOO_LARGE'),
      );
    });
    assert.equal((await readAll(topic, 1))[0]?.value.length, 7_000_000);
  });

  test('records: offsets by time', async () => {
    const topic = await newTopic();
    const messages = numbered(topic, 100).map((message, i) => ({ ...message, timestamp: BigInt(1_000_000 + i * 10) }));
    await withProducer({}, (producer) => producer.send({ messages }));
    const [found] = await withAdmin((admin) =>
      admin.listOffsets({ topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp: 1_000_495n }] }] }),
    );
    assert.deepEqual([found?.partitions[0]?.offset, found?.partitions[0]?.timestamp], [50n, 1_000_500n]);
  });

  test('groups: from an offset, pause, resume', async () => {
    const topic = await newTopic();
    await withProducer({}, (producer) => producer.send({ messages: numbered(topic, 20) }));
    const member = await join(topic, { groupId: `pauses-${topic}` }, [{ topic, partition: 0, offset: 15n }]);
    await eventually('five records', () => member.messages.length === 5);
    assert.equal(member.messages[0]?.offset, 15n);
    member.stream.pause();
    await withProducer({}, (producer) => producer.send({ messages: numbered(topic, 20, 20) }));
    assert.equal(member.messages.length, 5);
    member.stream.resume();
    await eventually('the rest', () => member.messages.length === 25);
    await leave(member);
    assert.equal(member.messages.at(-1)?.offset, 39n);
  });

  test('groups: three members share, one leaves, the others take over', async () => {
    const topic = await newTopic(6);
    const groupId = `three-${topic}`;
    const members = await Promise.all([1, 2, 3].map(() => join(topic, { groupId })));
    const [a, b, c] = members;
    assert.ok(a && b && c);
    await eventually('two partitions each', () => members.every((member) => assigned(member) === 2));
    await produceNumbers(topic, 0);
    await eventually('60 records', () => distinct(members) === 60);
    await leave(c);
    await eventually('three partitions each', () => assigned(a) === 3 && assigned(b) === 3);
    await produceNumbers(topic, 60);
    await eventually('120 records', () => distinct(members) === 120);
    await withAdmin(async (admin) => {
      await eventually('everything committed', async () => (await committed(admin, groupId)) === 120n);
      const group = (await admin.describeGroups({ groups: [groupId] })).get(groupId);
      assert.deepEqual([group?.state, group?.members.size], ['Stable', 2]);
      await Promise.all([leave(a), leave(b)]);
      await admin.deleteGroups({ groups: [groupId] });
    });
  });

  test('groups: a static member comes back to its partitions without a rebalance', async () => {
    const topic = await newTopic(2);
    const groupId = `static-${topic}`;
    const options = { groupId, groupInstanceId: 'one', sessionTimeout: 30_000 };
    const first = await join(topic, options);
    await eventually('both partitions', () => assigned(first) === 2);
    await withAdmin(async (admin) => {
      const memberIds = async () => {
        const group = (await admin.describeGroups({ groups: [groupId] })).get(groupId);
        return [...(group?.members.values() ?? [])].map((member) => [member.groupInstanceId, member.id]);
      };
      const [[instanceId, memberId] = []] = await memberIds();
      assert.deepEqual([instanceId, memberId], ['one', first.consumer.memberId]);
      const generation = first.consumer.generationId;
      // The newcomer under the same name takes the place of the first, which is fenced.
      const second = await join(topic, options);
      assert.notEqual(second.consumer.memberId, memberId);
      assert.equal(second.consumer.generationId, generation);
      assert.deepEqual(await memberIds(), [['one', second.consumer.memberId]]);
      assert.equal(assigned(second), 2);
      first.stream.on('error', () => {});
      await Promise.allSettled([leave(first)]);
      await leave(second);
    });
  });

  async function produceNumbers(topic: string, from: number): Promise<void> {
    const messages = numbered(topic, 60, from).map((message, i) => ({ ...message, partition: i % 6 }));
    await withProducer({}, (producer) => producer.send({ messages }));
  }

  function distinct(members: readonly Member[]): number {
    return new Set(members.flatMap(({ messages }) => messages.map(({ value }) => value))).size;
  }

  async function committed(admin: Admin, groupId: string): Promise<bigint> {
    const [group] = await admin.listConsumerGroupOffsets({ groups: [groupId] });
    const partitions = group?.topics.flatMap((topic) => topic.partitions) ?? [];
    return partitions.reduce((sum, { committedOffset }) => sum + committedOffset, 0n);
  }

  test('transactions: what is committed is seen, what is aborted is not', async () => {
    const topic = await newTopic(2);
    const options = { transactionalId: `tx-${topic}`, idempotent: true };
    await withProducer(options, async (producer) => {
      for (const kind of ['first', 'lost', 'second']) {
        const transaction = await producer.beginTransaction();
        const messages = [0, 1].map((partition) => ({ topic, partition, key: kind, value: `${kind} ${partition}` }));
        await transaction.send({ messages });
        await (kind === 'lost' ? transaction.abort() : transaction.commit());
      }
    });
    const values = (await readAll(topic, 4)).map(({ value }) => value);
    assert.deepEqual(values.toSorted(), ['first 0', 'first 1', 'second 0', 'second 1']);
  });

  for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
    test(`restart: ${signal} while an idempotent producer works, nothing lost or doubled`, async () => {
      const topic = await newTopic();
      const acknowledged: string[] = [];
      await withProducer({ idempotent: true }, async (producer) => {
        let restarted = false;
        const restart = (async () => {
          await eventually('some acknowledgements', () => acknowledged.length >= 100);
          await broker.restart(signal);
          restarted = true;
        })();
        let afterwards = 0;
        for (let i = 0; afterwards < 100; i++) {
          await producer.send({ messages: [{ topic, value: `v${i}` }] });
          acknowledged.push(`v${i}`);
          if (restarted) afterwards += 1;
        }
        await restart;
      });
      const values = (await readAll(topic, acknowledged.length)).map(({ value }) => value);
      assert.deepEqual(values, acknowledged);
    });
  }
});

/** The client wraps what the broker said in errors that hold errors. */
function hasApiId(error: unknown, apiId: string): boolean {
  if (!(error instanceof Error)) return false;
  if ('apiId' in error && error.apiId === apiId) return true;
  const inner = 'errors' in error && Array.isArray(error.errors) ? error.errors : [];
  return [error.cause, ...inner].some((item) => hasApiId(item, apiId));
}
