import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Admin, ConfigResourceTypes, Consumer, Producer, stringSerializers } from '@platformatic/kafka';
import { ConfigError, DataDirectoryInUse, NetworkFault, type RunningBroker, startBroker } from './index.ts';

/** Far above what a warm start takes (about 2 ms), so that a busy machine does not fail it and a second's work in the way does. */
const WARM_START_MS = 250;

async function withAdmin<T>(broker: RunningBroker, work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: [broker.bootstrapServers], retries: 0 });
  try {
    return await work(admin);
  } finally {
    await admin.close();
  }
}

async function produce(broker: RunningBroker, topic: string, value: string): Promise<bigint | undefined> {
  const producer = new Producer({
    clientId: 'test',
    bootstrapBrokers: [broker.bootstrapServers],
    serializers: stringSerializers,
  });
  const { offsets } = await producer.send({ messages: [{ topic, value }] });
  await producer.close();
  return offsets?.[0]?.offset;
}

async function temporaryDirectory(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'ottla-embedded-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** What keeps the process alive or listens to it, once what is closing has closed. Single file operations come and go by themselves. */
async function held() {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  const events = ['SIGINT', 'SIGTERM', 'exit', 'uncaughtException', 'unhandledRejection'];
  return {
    resources: process
      .getActiveResourcesInfo()
      .filter((name) => !name.startsWith('FSReq'))
      .toSorted(),
    listeners: events.map((name) => process.listenerCount(name)),
  };
}

/** Runs a program that embeds a broker to its end, by itself. */
function run(program: string) {
  const sources = JSON.stringify(new URL('./index.ts', import.meta.url).href);
  const code = `import { Admin } from '@platformatic/kafka';\nimport { startBroker } from ${sources};\n${program}`;
  const ended = spawnSync(process.execPath, ['--input-type=module-typescript', '-e', code], {
    cwd: new URL('..', import.meta.url),
    timeout: 20_000,
    encoding: 'utf8',
  });
  return { status: ended.status, signal: ended.signal, stdout: ended.stdout, stderr: ended.stderr };
}

test('without options: in memory, on a free port of this machine, ready at once', async (t) => {
  await using _first = await startBroker();
  const start = performance.now();
  await using broker = await startBroker();
  const tookMs = performance.now() - start;
  t.diagnostic(`a second start took ${tookMs.toFixed(1)} ms`);
  assert.ok(tookMs < WARM_START_MS);
  assert.match(broker.bootstrapServers, /^127\.0\.0\.1:\d+$/);
  assert.equal(broker.clusterId.length, 22);
  assert.deepEqual(await withAdmin(broker, (admin) => admin.listTopics()), []);
});

test('a data directory keeps topics, records and the cluster from one start to the next', async () => {
  await using directory = await temporaryDirectory();
  const options = { dataDir: directory.path, topics: { orders: 1 } };
  const first = await startBroker(options);
  assert.equal(await produce(first, 'orders', 'before'), 0n);
  await first.stop();
  await using second = await startBroker(options);
  assert.equal(second.clusterId, first.clusterId);
  assert.equal(await produce(second, 'orders', 'after'), 1n);
});

test('a broker in memory leaves nothing on disk', async () => {
  await using directory = await temporaryDirectory();
  const program = `process.chdir(${JSON.stringify(directory.path)});
    await using broker = await startBroker({ topics: { orders: 1 } });`;
  assert.partialDeepStrictEqual(run(program), { status: 0, stderr: '' });
  assert.deepEqual(await readdir(directory.path), []);
});

test('topics come with partitions and settings, Kafka’s settings by their names', async () => {
  await using broker = await startBroker({
    'num.partitions': 3,
    'auto.create.topics.enable': 'false',
    topics: { plain: {}, two: 2, compacted: { partitions: 1, settings: { 'cleanup.policy': 'compact' } } },
  });
  await withAdmin(broker, async (admin) => {
    const { topics } = await admin.metadata({ topics: ['plain', 'two', 'compacted'] });
    assert.deepEqual(
      ['plain', 'two', 'compacted'].map((name) => topics.get(name)?.partitionsCount),
      [3, 2, 1],
    );
    const resource = { resourceType: ConfigResourceTypes.TOPIC, resourceName: 'compacted' };
    const [described] = await admin.describeConfigs({ resources: [resource] });
    assert.equal(described?.configs.find(({ name }) => name === 'cleanup.policy')?.value, 'compact');
    await assert.rejects(admin.metadata({ topics: ['other'], autocreateTopics: true }));
  });
});

test('a setting that is not legal and a topic that cannot be made are refused', async () => {
  await assert.rejects(startBroker({ 'num.partitions': 'many' }), ConfigError);
  await assert.rejects(startBroker({ topics: { 'no spaces': 1 } }), /topic no spaces/);
  await assert.rejects(startBroker({ topics: { t: { settings: { 'retention.ms': 'long' } } } }), /topic t/);
});

test('it listens where it is told to', async () => {
  await using broker = await startBroker({ listen: '[::1]:0' });
  assert.match(broker.bootstrapServers, /^\[::1\]:\d+$/);
});

test('a second broker on one data directory is refused, and the first goes on', async () => {
  await using directory = await temporaryDirectory();
  await using broker = await startBroker({ dataDir: directory.path, topics: { orders: 1 } });
  await assert.rejects(startBroker({ dataDir: directory.path }), (error) => {
    assert.ok(error instanceof DataDirectoryInUse);
    return error.directory === directory.path;
  });
  assert.equal(await produce(broker, 'orders', 'v'), 0n);
});

test('a port that is taken is a NetworkFault, and leaves the data directory free', async () => {
  await using directory = await temporaryDirectory();
  await using first = await startBroker();
  const before = await held();
  await assert.rejects(startBroker({ dataDir: directory.path, listen: first.bootstrapServers }), (error) => {
    assert.ok(error instanceof NetworkFault);
    return error.kind === 'address-in-use';
  });
  assert.deepEqual(await held(), before);
  await using _second = await startBroker({ dataDir: directory.path });
});

test('a stopped broker has given everything back', async () => {
  await (await startBroker()).stop();
  const before = await held();
  await using directory = await temporaryDirectory();
  for (const dataDir of [{}, { dataDir: directory.path }]) {
    const broker = await startBroker({ ...dataDir, topics: { orders: 1 } });
    await produce(broker, 'orders', 'v');
    await broker.stop();
    await broker.stop();
    assert.deepEqual(await held(), before);
    const port = Number(broker.bootstrapServers.split(':')[1]);
    const server = createServer();
    await new Promise<void>((resolve, reject) => void server.once('error', reject).listen(port, '127.0.0.1', resolve));
    await new Promise((resolve) => server.close(resolve));
  }
});

test('stop does not wait for consumers that hold connections', async () => {
  const broker = await startBroker({ topics: { orders: 1 } });
  const consumer = new Consumer({
    clientId: 'test',
    groupId: 'g',
    bootstrapBrokers: [broker.bootstrapServers],
    retries: 0,
    maxWaitTime: 60_000,
    timeout: 90_000,
  });
  const stream = await consumer.consume({ topics: ['orders'], mode: 'latest' });
  stream.on('error', () => {});
  stream.on('data', () => {});
  const start = performance.now();
  await broker.stop();
  assert.ok(performance.now() - start < 5_000);
  stream.destroy();
  await Promise.allSettled([consumer.close(true)]);
});

test('a process that stops its broker ends by itself', () => {
  const ended = run(`const broker = await startBroker({ topics: { orders: 1 } });
    const admin = new Admin({ clientId: 'test', bootstrapBrokers: [broker.bootstrapServers] });
    console.log(await admin.listTopics());
    await admin.close();
    await broker.stop();`);
  assert.deepEqual(ended, { status: 0, signal: null, stdout: "[ 'orders' ]\n", stderr: '' });
});

test('with unref a process ends without stopping its broker', () => {
  const ended = run(`const broker = await startBroker({ topics: { orders: 1 }, unref: true });
    const admin = new Admin({ clientId: 'test', bootstrapBrokers: [broker.bootstrapServers] });
    console.log(await admin.listTopics());
    await admin.close();`);
  assert.deepEqual(ended, { status: 0, signal: null, stdout: "[ 'orders' ]\n", stderr: '' });
});

test('without unref the broker keeps its process alive', () => {
  const ended = run(`await startBroker();
    setTimeout(() => { console.log('still here'); process.exit(0); }, 200).unref();`);
  assert.deepEqual(ended, { status: 0, signal: null, stdout: 'still here\n', stderr: '' });
});
