/** Several data directories of one broker, on a simulated disk of which parts can fail. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextProcess, type TestEnv, testEnv } from '../../sim/test-env.ts';
import { settle } from '../../sim/virtual-clock.ts';
import { DataDirectoryInUse, DataDirectoryRefused, DiskFault, type DiskFaultKind } from '../base/faults.ts';
import { BrokerConfig } from '../config/broker-config.ts';
import { appendTo, logId, logSettings, whenProgress } from '../log/log.fixture.ts';
import type { LogId, PartitionLog } from '../log/log-engine.ts';
import { LogOffline } from '../log/log-faults.ts';
import { metadataLogId } from '../metadata/engine-metadata-log.ts';
import { type DataDirectories, openDataDirectories } from './data-directories.ts';

type Paths = readonly [string, ...string[]];

const GB = 1024 ** 3;

async function opened(env: TestEnv, paths: Paths, settings: Readonly<Record<string, string>> = {}) {
  const config = new BrokerConfig({ flag: { 'node.id': '1', ...settings } });
  const store = await openDataDirectories({ env, config, paths });
  await store.claim('a-cluster');
  return store;
}

/** The same machine after the process was stopped. */
function rebooted(env: TestEnv): TestEnv {
  return nextProcess(env);
}

/** Every call below `path` fails until the returned function is called. */
function breakDirectory(env: TestEnv, path: string, fault: DiskFaultKind = 'io'): () => void {
  env.disk.fail(fault, (operation) => operation.path.split('/')[0] === path);
  return () => {
    env.disk.heal();
  };
}

const partition = (index: number): LogId => logId({ partition: index, topicId: 'AAAAAAAAAAAAAAAAAAAAAg' });

function openLog(store: DataDirectories, id: LogId): Promise<PartitionLog> {
  return store.engine.open(id, logSettings());
}

/** Appends one batch and waits until it is durable. */
async function appendDurably(log: PartitionLog): Promise<void> {
  appendTo(log, {});
  log.requestSync();
  await whenProgress(log, () => log.durableOffset === log.endOffset);
}

/** Of partitions 0 and 1, with a batch each. */
async function stoppedWithTwoLogs(paths: Paths): Promise<TestEnv> {
  const env = testEnv();
  const store = await opened(env, paths);
  for (let index = 0; index < 2; index += 1) await appendDurably(await openLog(store, partition(index)));
  await store.close();
  return env;
}

async function wherePartitionsAre(store: DataDirectories): Promise<Record<string, readonly number[]>> {
  const places = await store.engine.directories();
  return Object.fromEntries(places.map(({ path, logs }) => [path, logs.map(({ id }) => id.partition).sort()]));
}

function lines(env: TestEnv, level: 'warn' | 'error'): readonly string[] {
  return env.logger.lines.filter((line) => line.level === level).map(({ message }) => message);
}

test('new logs are spread, and a restart finds them where they are', async () => {
  const env = testEnv();
  const store = await opened(env, ['a', 'b']);
  for (let index = 0; index < 4; index += 1) await appendDurably(await openLog(store, partition(index)));
  const before = await wherePartitionsAre(store);
  assert.deepEqual(before, { a: [0, 2], b: [1, 3] });
  await store.close();
  const again = await opened(rebooted(env), ['a', 'b']);
  assert.deepEqual(await wherePartitionsAre(again), before);
  for (let index = 0; index < 4; index += 1) assert.equal((await openLog(again, partition(index))).endOffset, 1);
  await again.close();
});

test('a cordoned directory gets no new logs, keeps those that it has, and takes new ones again when it is open or there is no other', async () => {
  const env = testEnv();
  const config = new BrokerConfig({ flag: { 'node.id': '1', 'log.dirs': 'a,b', 'cordoned.log.dirs': 'a' } });
  const store = await openDataDirectories({ env, config, paths: ['a', 'b'] });
  const cordon = (value: string) => config.setDynamic('broker', new Map([['cordoned.log.dirs', value]]));
  for (let index = 0; index < 3; index += 1) await openLog(store, partition(index));
  assert.deepEqual(await wherePartitionsAre(store), { a: [], b: [0, 1, 2] });
  cordon('b');
  await openLog(store, partition(3));
  cordon('*');
  await openLog(store, partition(4));
  cordon('');
  await openLog(store, partition(5));
  assert.deepEqual(await wherePartitionsAre(store), { a: [3, 4, 5], b: [0, 1, 2] });
  await store.close();
});

test('each directory says whose it is, with an id of its own', async () => {
  const env = testEnv();
  await (await opened(env, ['a', 'b'])).close();
  const ids = ['a', 'b'].map((path) => {
    const bytes = Buffer.alloc(500);
    const count = env.disk.file(`${path}/meta.properties`)?.read(bytes, 0) ?? 0;
    const text = bytes.toString('utf8', 0, count);
    assert.match(text, /^cluster\.id=a-cluster$/m);
    return /^directory\.id=(.{22})$/m.exec(text)?.[1];
  });
  assert.ok(ids[0] !== undefined && ids[1] !== undefined && ids[0] !== ids[1]);
});

test('a directory that fails takes its own partitions offline, and they come back with it', async () => {
  const env = testEnv();
  const store = await opened(env, ['a', 'b']);
  const [inA, inB] = [await openLog(store, partition(0)), await openLog(store, partition(1))];
  await appendDurably(inA);
  await appendDurably(inB);
  const mend = breakDirectory(env, 'b');
  appendTo(inB, {});
  await settle();
  await inB.close();
  await assert.rejects(openLog(store, partition(1)), LogOffline);
  await appendDurably(inA);
  assert.deepEqual(
    (await store.engine.directories()).map(({ path, isOffline, logs }) => [path, isOffline, logs.length]),
    [
      ['a', false, 1],
      ['b', true, 0],
    ],
  );
  await env.clock.advance(120_000);
  assert.deepEqual(lines(env, 'error'), ['a data directory cannot be used: its partitions are offline']);
  mend();
  await env.clock.advance(60_000);
  const again = await openLog(store, partition(1));
  assert.ok(again.endOffset >= 1);
  await appendDurably(again);
  assert.deepEqual(lines(env, 'warn').slice(0, 1), ['a data directory works again: its partitions are back']);
  await store.close();
});

test('one bad file does not take its directory offline', async () => {
  const env = testEnv();
  const store = await opened(env, ['a', 'b']);
  const log = await openLog(store, partition(0));
  env.disk.fail('io', ({ kind, path }) => kind === 'write' && path.startsWith('a/orders-0/'));
  appendTo(log, {});
  await settle();
  assert.deepEqual(
    (await store.engine.directories()).map(({ isOffline }) => isOffline),
    [false, false],
  );
  await log.close();
  await store.close();
});

test('a full directory is not offline', async () => {
  const env = testEnv();
  const store = await opened(env, ['a', 'b']);
  const log = await openLog(store, partition(0));
  breakDirectory(env, 'a', 'full');
  appendTo(log, {});
  await settle();
  env.disk.heal();
  assert.equal((await store.engine.directories())[0]?.isOffline, false);
  await log.close();
  await store.close();
});

for (const fault of ['io', 'read-only', 'denied'] as const) {
  test(`a directory that cannot be used at the start (${fault}) is skipped loudly, and its logs are missed, not made anew`, async () => {
    const env = await stoppedWithTwoLogs(['a', 'b']);
    const after = rebooted(env);
    const mend = breakDirectory(after, 'b', fault);
    const again = await opened(after, ['a', 'b']);
    assert.deepEqual(lines(after, 'error'), ['a data directory cannot be used: its partitions are offline']);
    assert.equal((await openLog(again, partition(0))).endOffset, 1);
    await assert.rejects(openLog(again, partition(1)), LogOffline);
    await appendDurably(await openLog(again, partition(2)));
    assert.deepEqual(await wherePartitionsAre(again), { a: [0, 2], b: [] });
    mend();
    await after.clock.advance(60_000);
    assert.equal((await openLog(again, partition(1))).endOffset, 1);
    await again.close();
  });
}

test('a damaged memory of places is told, and made anew from what is found', async () => {
  const env = await stoppedWithTwoLogs(['a', 'b']);
  env.disk.file('a/.ottla_placement')?.write(4, Buffer.from('####'));
  const after = rebooted(env);
  const again = await opened(after, ['a', 'b']);
  assert.deepEqual(lines(after, 'error'), [
    'the memory of where logs are is damaged: it is made anew from what is found',
  ]);
  assert.deepEqual(await wherePartitionsAre(again), { a: [0], b: [1] });
  await again.close();
});

test('without its memory of places, a broker makes no log anew while a directory has not been looked into', async () => {
  const env = await stoppedWithTwoLogs(['a', 'b']);
  const after = rebooted(env);
  await after.disk.remove('a/.ottla_placement');
  const mend = breakDirectory(after, 'b');
  const again = await opened(after, ['a', 'b']);
  await assert.rejects(openLog(again, partition(1)), LogOffline);
  await assert.rejects(openLog(again, partition(7)), LogOffline);
  mend();
  await after.clock.advance(60_000);
  assert.equal((await openLog(again, partition(1))).endOffset, 1);
  assert.equal((await openLog(again, partition(7))).endOffset, 0);
  await again.close();
});

test('a directory that is taken out of log.dirs takes its logs along; they are missed, not made anew', async () => {
  const env = await stoppedWithTwoLogs(['a', 'b']);
  const again = await opened(rebooted(env), ['a']);
  assert.equal((await openLog(again, partition(0))).endOffset, 1);
  await assert.rejects(openLog(again, partition(1)), LogOffline);
  await again.close();
});

test('a directory that is added to one that was alone gets new logs, and the old ones stay', async () => {
  const env = await stoppedWithTwoLogs(['a']);
  const again = await opened(rebooted(env), ['a', 'b']);
  await openLog(again, partition(2));
  assert.deepEqual(await wherePartitionsAre(again), { a: [0, 1], b: [2] });
  await again.close();
});

test('the metadata log has a directory of its own when asked for, and that one is not optional', async () => {
  const env = testEnv();
  const settings = { 'metadata.log.dir': 'meta' };
  const store = await opened(env, ['a', 'b'], settings);
  await appendDurably(await openLog(store, metadataLogId));
  assert.notEqual(env.disk.file('meta/__cluster_metadata-0/00000000000000000000.log'), undefined);
  assert.deepEqual(await wherePartitionsAre(store), { a: [], b: [] });
  await store.close();
  const after = rebooted(env);
  breakDirectory(after, 'meta');
  await assert.rejects(opened(after, ['a', 'b'], settings), DiskFault);
});

test('a broker without a directory that can be used does not start, and leaves no lock behind', async () => {
  const env = testEnv();
  env.disk.judge = () => ({ kind: 'fault', fault: 'read-only' });
  await assert.rejects(opened(env, ['a', 'b']), DiskFault);
  env.disk.heal();
  await (await opened(env, ['a', 'b'])).close();
});

test('directories of two clusters or two nodes are refused, and so are copies of each other', async () => {
  const env = testEnv();
  await (await opened(env, ['a'])).close();
  const foreign = await openDataDirectories({ env, config: new BrokerConfig({ flag: {} }), paths: ['c'] });
  await foreign.claim('another-cluster');
  await foreign.close();
  await assert.rejects(opened(env, ['a', 'c']), DataDirectoryRefused);
  await assert.rejects(opened(env, ['a'], { 'node.id': '2' }), DataDirectoryRefused);
  await env.disk.makeDirectory('copy');
  await copyFile(env, 'a/meta.properties', 'copy/meta.properties');
  await assert.rejects(opened(env, ['a', 'copy']), DataDirectoryRefused);
  const store = await opened(env, ['a']);
  await assert.rejects(opened(env, ['b', 'a']), DataDirectoryInUse);
  await store.close();
});

test('damaged meta.properties are refused, and nothing is touched', async () => {
  const env = testEnv();
  await (await opened(env, ['a'])).close();
  for (const bytes of [0, 20]) {
    env.disk.file('a/meta.properties')?.truncate(bytes);
    await assert.rejects(opened(env, ['a']), DataDirectoryRefused);
    assert.equal((await env.disk.stat('a/meta.properties'))?.bytes, bytes);
  }
});

test('a log in two directories is refused at the start, with both named', async () => {
  const env = testEnv();
  const store = await opened(env, ['a', 'b']);
  await appendDurably(await openLog(store, partition(0)));
  await store.close();
  await env.disk.makeDirectory('b/orders-0');
  await copyFile(env, 'a/orders-0/partition.metadata', 'b/orders-0/partition.metadata');
  await assert.rejects(opened(env, ['a', 'b']), { name: 'DataDirectoryRefused', message: /orders-0 is in a and in b/ });
});

test('a directory that came back as another one, such as that below a missing mount, stays offline and is left alone', async () => {
  const env = testEnv();
  const store = await opened(env, ['a', 'b']);
  const log = await openLog(store, partition(1));
  const other = await openLog(store, partition(0));
  const mend = breakDirectory(env, 'b');
  for (const one of [log, other]) appendTo(one, {});
  await settle();
  mend();
  await env.disk.removeTree('b');
  await env.clock.advance(120_000);
  assert.equal(await env.disk.stat('b'), undefined, 'it is not made anew, so that it can be moved back');
  await env.disk.makeDirectory('b');
  await env.clock.advance(120_000);
  assert.equal((await store.engine.directories())[1]?.isOffline, true);
  assert.deepEqual(await env.disk.list('b'), [], 'nothing is made in it');
  await log.close().catch(() => {});
  await other.close();
  await store.close();
});

for (const place of ['nothing', 'the empty directory below its mount'] as const) {
  test(`a log is missed, and not made anew, when ${place} is where its data directory was`, async () => {
    const env = rebooted(await stoppedWithTwoLogs(['a', 'b']));
    const store = await opened(env, ['a', 'b']);
    const { b: [index = 0] = [] } = await wherePartitionsAre(store);
    await env.disk.rename('b', 'away');
    if (place !== 'nothing') await env.disk.makeDirectory('b');
    await assert.rejects(openLog(store, partition(index)), { name: 'DiskFault', kind: 'absent' });
    await settle();
    assert.equal((await store.engine.directories())[1]?.isOffline, true);
    assert.deepEqual(place === 'nothing' ? [] : await env.disk.list('b'), []);
    await assert.rejects(openLog(store, partition(index)), LogOffline);
    await env.disk.removeTree('b');
    await env.disk.rename('away', 'b');
    await env.clock.advance(60_000);
    const log = await openLog(store, partition(index));
    assert.equal(log.endOffset, 1);
    await log.close();
    await store.close();
  });
}

test('a removed log is gone from its directory; one in a directory that is offline can be removed when it is back', async () => {
  const env = testEnv();
  const store = await opened(env, ['a', 'b']);
  for (let index = 0; index < 2; index += 1) await (await openLog(store, partition(index))).close();
  await store.engine.remove(partition(0));
  assert.deepEqual(
    (await store.engine.list()).map(({ partition: index }) => index),
    [1],
  );
  const mend = breakDirectory(env, 'b');
  await assert.rejects(openLog(store, partition(1)), DiskFault);
  await settle();
  await store.engine.remove(partition(1));
  mend();
  await env.clock.advance(60_000);
  assert.equal((await store.engine.list()).length, 1, 'housekeeping meets it again');
  await store.engine.remove(partition(1));
  assert.deepEqual(await store.engine.list(), []);
  await store.close();
});

test('a larger directory takes more logs', async () => {
  const env = testEnv();
  env.disk.space = async (path) => ({ totalBytes: 400 * GB, usableBytes: path === 'a' ? 100 * GB : 300 * GB });
  const store = await opened(env, ['a', 'b']);
  for (let index = 0; index < 8; index += 1) await openLog(store, partition(index));
  const places = await wherePartitionsAre(store);
  assert.deepEqual([places['a']?.length, places['b']?.length], [2, 6]);
  await store.close();
});

async function copyFile(env: TestEnv, from: string, to: string): Promise<void> {
  const bytes = Buffer.alloc(1_000);
  const count = env.disk.file(from)?.read(bytes, 0) ?? 0;
  const file = await env.disk.open(to, 'create');
  await file.write([bytes.subarray(0, count)], 0);
  await file.close();
}
