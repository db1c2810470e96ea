/** A real broker is backed up while producers, transactions, a group, compaction and deletions are at work; another one starts on what is restored (invariant I33). */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Admin, Kafka, logLevel, type Producer } from 'kafkajs';
import { BrokerProcess } from './broker-process.ts';
import { eventually, within } from './clients/eventually.ts';

const program = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));
const PARTITIONS = 3;
const KEYS = 20;
const GROUP = 'billing';
/** What is open at the cut is aborted some seconds after the restored broker has started. */
const TRANSACTIONAL = {
  transactionalId: 'payments',
  transactionTimeout: 3_000,
  idempotent: true,
  maxInFlightRequests: 1,
};
const DOOMED = Array.from({ length: 20 }, (_, index) => `doomed-${index}`);

async function ottla(...args: readonly string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 60_000,
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const [code] = await once(child, 'close');
  return { code, output };
}

function clientOf(broker: BrokerProcess): Kafka {
  const retry = { retries: 20, initialRetryTime: 50, maxRetryTime: 500 };
  return new Kafka({ clientId: 'load', brokers: [broker.bootstrap], logLevel: logLevel.NOTHING, retry });
}

/** What was acknowledged so far. */
interface Acknowledged {
  /** The next number to come, of all partitions. */
  orders: number;
  /** The latest value of each key. */
  readonly table: number[];
  readonly committed: Set<number>;
  readonly aborted: Set<number>;
}

/** Goes on until `signal`; each loop sends the next thing when the last one was acknowledged. */
async function load(kafka: Kafka, acknowledged: Acknowledged, signal: AbortSignal): Promise<void> {
  const plain = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
  const keyed = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
  const transactional = kafka.producer(TRANSACTIONAL);
  const consumer = kafka.consumer({ groupId: GROUP });
  const producers = [plain, keyed, transactional];
  await Promise.all([...producers, consumer].map((client) => client.connect()));
  await consumer.subscribe({ topic: 'orders', fromBeginning: true });
  await consumer.run({ autoCommitInterval: 50, eachMessage: async () => {} });
  await Promise.all([
    repeat(signal, () => sendOrders(plain, acknowledged)),
    repeat(signal, () => updateTable(keyed, acknowledged)),
    repeat(signal, () => pay(transactional, acknowledged)),
  ]);
  await Promise.all([...producers, consumer].map((client) => client.disconnect()));
}

async function repeat(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  while (!signal.aborted) await work();
}

/** Consecutive numbers, one partition after the other. */
async function sendOrders(producer: Producer, acknowledged: Acknowledged): Promise<void> {
  const first = acknowledged.orders;
  const messages = Array.from({ length: 10 * PARTITIONS }, (_, index) => {
    const number = first + index;
    return { partition: number % PARTITIONS, value: `${number} ${'.'.repeat(2_000)}` };
  });
  await producer.send({ topic: 'orders', messages });
  acknowledged.orders += messages.length;
}

async function updateTable(producer: Producer, { table }: Acknowledged): Promise<void> {
  const key = sum(table) % KEYS;
  const value = (table[key] ?? 0) + 1;
  await producer.send({ topic: 'table', messages: [{ key: String(key), value: `${value} ${'.'.repeat(20_000)}` }] });
  table[key] = value;
}

/** One number into two topics; every fourth one is given up. */
async function pay(producer: Producer, { committed, aborted }: Acknowledged): Promise<void> {
  const number = committed.size + aborted.size;
  const transaction = await producer.transaction();
  for (const topic of ['debits', 'credits']) {
    await transaction.send({ topic, messages: [{ value: String(number) }] });
  }
  if (number % 4 === 3) {
    aborted.add(number);
    await transaction.abort();
  } else {
    await transaction.commit();
    committed.add(number);
  }
}

async function createTopics(admin: Admin): Promise<void> {
  const small = [{ name: 'segment.bytes', value: '1048576' }];
  const compact = [
    ...small,
    { name: 'cleanup.policy', value: 'compact' },
    { name: 'min.cleanable.dirty.ratio', value: '0.01' },
  ];
  await admin.createTopics({
    topics: [
      { topic: 'orders', numPartitions: PARTITIONS, configEntries: small },
      { topic: 'table', configEntries: compact },
      { topic: 'debits' },
      { topic: 'credits' },
      ...DOOMED.map((topic) => ({ topic })),
    ],
  });
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

interface Consumed {
  readonly partition: number;
  readonly offset: number;
  readonly key: string;
  /** The first word of the value. */
  readonly number: number;
}

/** All records of a topic that readers of committed records see, in the order of each partition. */
async function consume(broker: BrokerProcess, topic: string): Promise<readonly Consumed[]> {
  const { code, output } = await ottla('consume', topic, '--from-beginning', '--json', '-b', broker.bootstrap);
  assert.equal(code, 0);
  const lines = output.split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    const { partition, offset, key, value } = JSON.parse(line);
    return { partition, offset, key, number: Number.parseInt(value, 10) };
  });
}

async function committedOffsets(broker: BrokerProcess): Promise<readonly { committed: number; end: number }[]> {
  const { output } = await ottla('group', 'offsets', GROUP, '--json', '-b', broker.bootstrap);
  const { partitions } = JSON.parse(output);
  return partitions.toSorted((one: Consumed, other: Consumed) => one.partition - other.partition);
}

async function assertOrders(broker: BrokerProcess, acknowledgedBefore: number): Promise<void> {
  const records = await consume(broker, 'orders');
  for (let partition = 0; partition < PARTITIONS; partition += 1) {
    const found = records.filter((record) => record.partition === partition);
    const wrong = found.find(
      ({ offset, number }, index) => offset !== index || number !== partition + index * PARTITIONS,
    );
    assert.equal(wrong, undefined, 'no record is missing, and none is there twice');
    assert.ok(found.length >= acknowledgedBefore / PARTITIONS, `partition ${partition} has ${found.length} records`);
  }
}

async function assertPayments(broker: BrokerProcess, before: Acknowledged, after: Acknowledged): Promise<void> {
  const numbersOf = async (topic: string) => (await consume(broker, topic)).map(({ number }) => number);
  await eventually('every transaction is whole', async () => {
    return String(await numbersOf('debits')) === String(await numbersOf('credits'));
  });
  const paid = await numbersOf('debits');
  assert.deepEqual(paid, [...new Set(paid)]);
  assert.deepEqual(
    [...before.committed].filter((number) => !paid.includes(number)),
    [],
  );
  assert.deepEqual(
    paid.filter((number) => after.aborted.has(number)),
    [],
  );
}

async function assertTable(broker: BrokerProcess, before: readonly number[]): Promise<void> {
  const records = await consume(broker, 'table');
  assert.ok(records.length <= (records.at(-1)?.offset ?? 0), 'compaction was at work');
  const latest = new Map(records.map(({ key, number }) => [Number(key), number]));
  for (const [key, value] of before.entries()) assert.ok((latest.get(key) ?? 0) >= value, `key ${key}`);
}

test('a backup of a broker at work has everything that was acknowledged before it, whole and once', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'ottla-backup-'));
  await using _cleanup = { [Symbol.asyncDispose]: () => rm(directory, { recursive: true }) };
  const [backup, restored] = [join(directory, 'backup'), join(directory, 'restored')];
  const acknowledged: Acknowledged = {
    orders: 0,
    table: Array.from({ length: KEYS }, () => 0),
    committed: new Set(),
    aborted: new Set(),
  };
  let before: Acknowledged;
  let offsetsBefore: readonly { committed: number }[];
  {
    await using broker = await BrokerProcess.start([
      'log.cleaner.backoff.ms=50',
      'log.segment.delete.delay.ms=60000',
      'log.flush.offset.checkpoint.interval.ms=500',
    ]);
    const kafka = clientOf(broker);
    const admin = kafka.admin();
    await admin.connect();
    await createTopics(admin);
    const end = new AbortController();
    const loading = load(kafka, acknowledged, end.signal);
    await eventually('the load is under way', async () => {
      const { orders, committed, table } = acknowledged;
      return orders > 2_000 && committed.size > 10 && sum(table) > 300;
    });
    offsetsBefore = await committedOffsets(broker);
    before = { ...acknowledged, table: [...acknowledged.table], committed: new Set(acknowledged.committed) };
    const backingUp = ottla('backup', backup, '--data-dir', broker.dataDir, '--json');
    for (const topic of DOOMED) {
      await admin.deleteTopics({ topics: [topic] });
      await setTimeout(100);
    }
    const { code, output } = await backingUp;
    assert.equal(code, 0);
    assert.ok(JSON.parse(output).sharedBytes > 0, output);
    const atEnd = acknowledged.orders;
    assert.ok(atEnd > before.orders, 'the load went on');
    await eventually('the load has gone on', async () => acknowledged.orders > atEnd + 300);
    end.abort();
    await within('the load ends', loading);
    await admin.disconnect();
  }
  const { code, output } = await ottla('restore', backup, restored);
  assert.equal(code, 0, output);
  const check = await ottla('log', 'check', restored);
  assert.equal(check.code, 0, check.output);
  await using broker = await BrokerProcess.start(['transaction.abort.timed.out.transaction.cleanup.interval.ms=200'], {
    dataDir: restored,
  });
  await assertOrders(broker, before.orders);
  await assertPayments(broker, before, acknowledged);
  await assertTable(broker, before.table);
  const offsets = await committedOffsets(broker);
  for (const [partition, { committed, end }] of offsets.entries()) {
    assert.ok(committed <= end, `the group is at ${committed} of ${end} in partition ${partition}`);
    assert.ok(committed >= (offsetsBefore[partition]?.committed ?? 0));
  }
  assert.ok(offsets.length > 0);
  // Whoever was at work goes on.
  const payments = new Set(acknowledged.committed);
  const transactional = clientOf(broker).producer(TRANSACTIONAL);
  await transactional.connect();
  await pay(transactional, { ...acknowledged, committed: payments });
  await transactional.disconnect();
});
