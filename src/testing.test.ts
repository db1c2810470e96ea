import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Admin, Consumer, Producer, stringDeserializers, stringSerializers } from '@platformatic/kafka';
import { Kafka, logLevel } from 'kafkajs';
import { startBroker, type TestBroker } from './testing.ts';

function producerOf(broker: TestBroker) {
  return new Producer({
    clientId: 'test',
    bootstrapBrokers: [broker.bootstrapServers],
    serializers: stringSerializers,
    retries: 5,
    retryDelay: 5,
    autocreateTopics: true,
  });
}

async function first<T>(items: AsyncIterable<T>, count: number): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) if (found.push(item) === count) break;
  return found;
}

test('tail sees what a client has produced, in order', async () => {
  await using broker = await startBroker({ topics: { orders: 1 } });
  const producer = producerOf(broker);
  await producer.send({
    messages: ['a', 'b', 'c'].map((value) => ({ topic: 'orders', key: 'k', value, headers: { h: value } })),
  });
  await producer.close();
  const records = await first(broker.tail('orders'), 3);
  assert.deepEqual(
    records.map(({ offset, value, key, headers }) => [offset, `${value}`, `${key}`, `${headers[0]?.value}`]),
    [
      [0, 'a', 'k', 'a'],
      [1, 'b', 'k', 'b'],
      [2, 'c', 'k', 'c'],
    ],
  );
});

test('a transaction times out when the clock is moved, and tail sees only what was committed', async () => {
  await using broker = await startBroker({ topics: { orders: 1 } });
  const kafka = new Kafka({ brokers: [broker.bootstrapServers], logLevel: logLevel.NOTHING });
  const producer = kafka.producer({ transactionalId: 'tx', maxInFlightRequests: 1, idempotent: true });
  await producer.connect();
  const send = async (value: string) => {
    const transaction = await producer.transaction();
    await transaction.send({ topic: 'orders', messages: [{ value }] });
    return transaction;
  };
  await (await send('aborted')).abort();
  await (await send('committed')).commit();
  const late = await send('too late');
  await broker.clock.advance('75s');
  await assert.rejects(late.commit());
  await producer.disconnect();
  const plain = producerOf(broker);
  await plain.send({ messages: [{ topic: 'orders', key: 'k', value: 'after' }] });
  await plain.close();
  const seen = await first(broker.tail('orders'), 2);
  assert.deepEqual(
    seen.map(({ value }) => `${value}`),
    ['committed', 'after'],
  );
});

test('tail waits for records and for the topic, and ends with its signal', async () => {
  await using broker = await startBroker();
  const controller = new AbortController();
  const seen: string[] = [];
  const reading = (async () => {
    for await (const record of broker.tail('later', { signal: controller.signal })) {
      seen.push(`${record.value}`);
      controller.abort();
    }
  })();
  const producer = producerOf(broker);
  await broker.namespace('x').createTopics({ other: 1 });
  await producer.send({ messages: [{ topic: 'later', key: 'k', value: 'v' }] });
  await reading;
  await producer.close();
  assert.deepEqual(seen, ['v']);
});

test('an error is answered as often as asked, and the request is not carried out', async () => {
  await using broker = await startBroker({ topics: { orders: 1 } });
  const fault = broker.faults.error('Produce', 'NOT_LEADER_OR_FOLLOWER').times(2);
  const producer = producerOf(broker);
  await producer.send({ messages: [{ topic: 'orders', key: 'k', value: 'once' }] });
  await producer.close();
  assert.equal(fault.hits, 2);
  const records = await first(broker.tail('orders'), 1);
  assert.equal(records[0]?.offset, 0);
});

test('a disconnect closes the connection, once', async () => {
  await using broker = await startBroker({ topics: { orders: 1 } });
  const fault = broker.faults.disconnectOn('Metadata').once();
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: [broker.bootstrapServers], retries: 3, retryDelay: 5 });
  assert.deepEqual(await admin.listTopics(), ['orders']);
  await admin.close();
  assert.equal(fault.hits, 1);
});

test('a delayed request waits on the broker’s clock', async () => {
  await using broker = await startBroker({ topics: { orders: 1 } });
  const fault = broker.faults.delay('Produce', '1h');
  const producer = producerOf(broker);
  const sending = producer.send({ messages: [{ topic: 'orders', key: 'k', value: 'v' }] });
  while (fault.hits === 0) await new Promise((resolve) => setImmediate(resolve));
  await broker.clock.advance('61m');
  await sending;
  await producer.close();
});

test('a member whose session has run out on the broker’s clock is gone', async () => {
  await using broker = await startBroker({ topics: { orders: 1 } });
  const consumer = new Consumer({
    clientId: 'test',
    groupId: 'billing',
    bootstrapBrokers: [broker.bootstrapServers],
    deserializers: stringDeserializers,
    sessionTimeout: 30_000,
    heartbeatInterval: 10_000,
  });
  const stream = await consumer.consume({ topics: ['orders'], mode: 'earliest' });
  await broker.groups.waitFor('billing', { state: 'Stable', members: 1 });
  broker.faults.error('Heartbeat', 'COORDINATOR_NOT_AVAILABLE');
  await broker.clock.advance('31s');
  await broker.groups.waitFor('billing', { state: 'Empty', members: 0 });
  await stream.close();
  await consumer.close(true);
});

test('retention passes when the clock moves', async () => {
  await using broker = await startBroker({
    topics: {
      // The client's timestamps are of another clock than the broker's.
      orders: { partitions: 1, settings: { 'retention.ms': 60_000, 'message.timestamp.type': 'LogAppendTime' } },
    },
  });
  const producer = producerOf(broker);
  await producer.send({ messages: [{ topic: 'orders', key: 'k', value: 'old' }] });
  await broker.clock.advance('30m');
  await producer.send({ messages: [{ topic: 'orders', key: 'k', value: 'new' }] });
  await broker.clock.advance('30s');
  await producer.close();
  const [record] = await first(broker.tail('orders'), 1);
  assert.equal(`${record?.value}`, 'new');
});

test('reset leaves no topics and no groups, and the broker goes on', async () => {
  await using broker = await startBroker({ topics: { orders: 2 } });
  const producer = producerOf(broker);
  await producer.send({ messages: [{ topic: 'orders', key: 'k', value: 'v' }] });
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: [broker.bootstrapServers] });
  const topics = [{ name: 'orders', partitionOffsets: [{ partition: 0, offset: 1n }] }];
  await admin.alterConsumerGroupOffsets({ groupId: 'billing', topics });
  assert.deepEqual([...(await admin.listGroups()).keys()], ['billing']);
  await broker.reset();
  assert.deepEqual(await admin.listTopics(), []);
  assert.deepEqual([...(await admin.listGroups()).keys()], []);
  await admin.createTopics({ topics: ['orders'], partitions: 1 });
  await producer.send({ messages: [{ topic: 'orders', key: 'k', value: 'again' }] });
  const [record] = await first(broker.tail('orders'), 1);
  assert.deepEqual([record?.offset, `${record?.value}`], [0, 'again']);
  await Promise.all([admin.close(), producer.close()]);
});

test('namespaces share a broker and do not see each other', async () => {
  await using broker = await startBroker();
  const [one, two] = [broker.namespace('one'), broker.namespace('two')];
  await Promise.all([one.createTopics({ orders: 1 }), two.createTopics({ orders: 1 })]);
  await one.reset();
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: [broker.bootstrapServers] });
  assert.deepEqual(await admin.listTopics(), [two.topic('orders')]);
  await admin.close();
});

test('several brokers in one process know nothing of each other', async () => {
  await using left = await startBroker({ topics: { left: 1 } });
  await using right = await startBroker({ topics: { right: 1 } });
  assert.notEqual(left.clusterId, right.clusterId);
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: [right.bootstrapServers] });
  assert.deepEqual(await admin.listTopics(), ['right']);
  await admin.close();
});

test('a fault for an API that is not served is a mistake of the test', async () => {
  await using broker = await startBroker();
  assert.throws(() => broker.faults.error('Produse', 'NONE'), /serves no API named Produse/);
});
