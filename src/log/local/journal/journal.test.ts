/** What the engine does with its journal: when it is used, what it brings back, and how it ends. The simulator tries the rest. Fails when invariant I32 does not hold. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DiskOperation } from '../../../../sim/memory-disk.ts';
import { RecordingLogger, type TestEnv, testEnv } from '../../../../sim/test-env.ts';
import { settle } from '../../../../sim/virtual-clock.ts';
import { DataDirectoryRefused, DiskFault } from '../../../base/faults.ts';
import { crc32c } from '../../../protocol/batch/crc32c.ts';
import { batchAt, logId, logSettings, whenProgress } from '../../log.fixture.ts';
import type { LogSettings, PartitionLog } from '../../log-engine.ts';
import { JOURNAL } from '../file-names.ts';
import { LocalLogEngine } from '../local-engine.ts';
import { FREE, formatFileHeader } from './journal-frame.ts';

const LOGS = 10;

function start(env: TestEnv, journalFileBytes?: number): Promise<LocalLogEngine> {
  const options = journalFileBytes === undefined ? {} : { journalFileBytes };
  return LocalLogEngine.start({ env, root: 'data', checkpointIntervalMs: () => 60_000, ...options });
}

async function openAll(engine: LocalLogEngine, settings: Partial<LogSettings> = {}): Promise<PartitionLog[]> {
  const ids = Array.from({ length: LOGS }, (_, partition) => logId({ partition }));
  return Promise.all(ids.map((id) => engine.open(id, logSettings(settings))));
}

/** One batch for each log, all in one turn, durable when it resolves. */
async function appendToAll(logs: readonly PartitionLog[]): Promise<void> {
  for (const log of logs) {
    log.append(batchAt(log.endOffset, {}));
    log.requestSync();
  }
  await Promise.all(logs.map((log) => whenProgress(log, () => log.durableOffset === log.endOffset)));
}

/** The calls on the disk from now on. */
function record(env: TestEnv): DiskOperation[] {
  const operations: DiskOperation[] = [];
  env.disk.judge = (operation) => {
    operations.push(operation);
    return { kind: 'ok' };
  };
  return operations;
}

async function journalFiles(env: TestEnv): Promise<string[]> {
  return (await env.disk.list('data')).map(({ name }) => name).filter((name) => name.startsWith(JOURNAL));
}

function afterPowerLoss(env: TestEnv): TestEnv {
  env.disk.crash();
  return { ...env, disk: env.disk.restarted(env.clock) };
}

test('a crowd of logs becomes durable with one sync, also when the names of their files are new', async () => {
  const env = testEnv();
  const logs = await openAll(await start(env));
  const operations = record(env);
  await appendToAll(logs);
  const syncs = operations.filter(({ kind }) => kind === 'sync' || kind === 'syncDirectory');
  assert.deepEqual(
    syncs.map(({ path }) => path),
    ['data', `data/${JOURNAL}1`],
  );
  operations.length = 0;
  await appendToAll(logs);
  assert.equal(operations.filter(({ kind }) => kind === 'sync').length, 1);
});

test('a lone log is synced where it is, and nothing is written twice', async () => {
  const env = testEnv();
  const [log] = await openAll(await start(env));
  assert.ok(log !== undefined);
  for (let count = 0; count < 5; count += 1) await appendToAll([log]);
  assert.deepEqual(await journalFiles(env), []);
});

test('what is durable by the journal alone is there after a power loss, with and without another one during recovery', async () => {
  const env = testEnv(3);
  const logs = await openAll(await start(env));
  for (let count = 0; count < 3; count += 1) await appendToAll(logs);
  let after = afterPowerLoss(env);
  // Half of them are recovered in a life that ends early.
  const engine = await start(after);
  for (let partition = 0; partition < LOGS / 2; partition += 1) {
    assert.equal((await engine.open(logId({ partition }), logSettings())).endOffset, 3);
  }
  after = afterPowerLoss(after);
  const recovered = await openAll(await start(after));
  assert.deepEqual(
    recovered.map((log) => [log.endOffset, log.durableOffset]),
    recovered.map(() => [3, 3]),
  );
});

test('a log whose directory is lost is listed and comes back; its journal is gone when every log is recovered', async () => {
  const env = testEnv();
  const logs = await openAll(await start(env));
  await appendToAll(logs);
  const after = afterPowerLoss(env);
  for (const { name, kind } of await after.disk.list('data')) {
    if (kind === 'directory') await after.disk.removeTree(`data/${name}`);
  }
  const engine = await start(after);
  assert.equal((await engine.list()).length, LOGS);
  await openAll(engine);
  await settle();
  assert.deepEqual(
    after.logger.lines.filter(({ level }) => level === 'error'),
    [],
  );
  await engine.close();
  assert.deepEqual(await journalFiles(after), []);
});

test('a topic made anew under an old name gets nothing of the old one from the journal', async () => {
  const env = testEnv();
  await appendToAll(await openAll(await start(env)));
  const engine = await start(afterPowerLoss(env));
  const log = await engine.open(logId({ topicId: 'AAAAAAAAAAAAAAAAAAAAAg' }), logSettings());
  assert.equal(log.endOffset, 0);
});

test('a removed log leaves the list although the journal still had it', async () => {
  const env = testEnv();
  await appendToAll(await openAll(await start(env)));
  const engine = await start(afterPowerLoss(env));
  await engine.remove(logId());
  assert.equal((await engine.list()).length, LOGS - 1);
});

test('a clean stop leaves no journal', async () => {
  const env = testEnv();
  const engine = await start(env);
  const logs = await openAll(engine);
  await appendToAll(logs);
  assert.equal((await journalFiles(env)).length, 1);
  for (const log of logs) await log.close();
  await engine.close();
  assert.deepEqual(await journalFiles(env), []);
});

test('a full file is emptied when the segments are synced, and written again', async () => {
  const env = testEnv();
  const logs = await openAll(await start(env, 2_000));
  for (let count = 0; count < 30; count += 1) await appendToAll(logs);
  await settle();
  assert.ok((await journalFiles(env)).length <= 3);
  const operations = record(env);
  await appendToAll(logs);
  assert.ok(operations.some(({ kind, path }) => kind === 'write' && path.includes(JOURNAL)));
});

test('a file that does not fill is emptied by its age', async () => {
  const env = testEnv();
  const logs = await openAll(await start(env));
  await appendToAll(logs);
  const operations = record(env);
  await env.clock.advance(31_000);
  await settle();
  const synced = new Set(
    operations.filter(({ kind, path }) => kind === 'sync' && path.endsWith('.log')).map(({ path }) => path),
  );
  assert.equal(synced.size, LOGS);
});

test('the recovery point does not move before the segments are synced', async () => {
  const env = testEnv();
  await appendToAll(await openAll(await start(env)));
  await env.clock.advance(6_000);
  const points = env.disk.file('data/recovery-point-offset-checkpoint');
  const bytes = Buffer.alloc(points?.bytes ?? 0);
  points?.read(bytes, 0);
  assert.doesNotMatch(bytes.toString(), /orders \d+ 1/);
});

test('a failed sync of the journal fails the logs that waited, and the next round uses another file', async () => {
  const env = testEnv();
  const engine = await start(env);
  const logs = await openAll(engine);
  await appendToAll(logs);
  env.disk.judge = ({ kind, path }) =>
    kind === 'sync' && path === `data/${JOURNAL}1` ? { kind: 'fault', fault: 'io' } : { kind: 'ok' };
  await assert.rejects(appendToAll(logs), DiskFault);
  await settle();
  assert.deepEqual(
    logs.map(({ durableOffset }) => durableOffset),
    logs.map(() => 1),
  );
  for (const log of logs) await log.close();
  const again = await openAll(engine);
  assert.deepEqual(
    again.map((log) => [log.endOffset, log.durableOffset]),
    again.map(() => [2, 2]),
  );
  await appendToAll(again);
  const recovered = await openAll(await start(afterPowerLoss(env)));
  assert.ok(recovered.every(({ endOffset }) => endOffset === 3));
});

test('a segment gets its first byte only when nothing before it is durable by the journal alone', async () => {
  const env = testEnv();
  const logs = await openAll(await start(env), { segmentBytes: 250, cleanupPolicy: ['compact'] });
  const operations = record(env);
  for (let count = 0; count < 4; count += 1) await appendToAll(logs);
  const of = (wanted: string, path: string) =>
    operations.findIndex((operation) => operation.kind === wanted && operation.path === path);
  for (let partition = 0; partition < LOGS; partition += 1) {
    const first = of('sync', `data/orders-${partition}/00000000000000000000.log`);
    const second = of('write', `data/orders-${partition}/00000000000000000002.log`);
    assert.ok(first >= 0 && first < second, `partition ${partition}: synced at ${first}, written at ${second}`);
  }
});

test('a journal that Apache Kafka has not seen is not believed after its clean stop', async () => {
  const env = testEnv();
  await appendToAll(await openAll(await start(env)));
  env.disk.kill();
  const after = { ...env, disk: env.disk.restarted(env.clock) };
  after.disk.file('data/orders-0/00000000000000000000.log')?.truncate(0);
  await (await after.disk.open('data/.kafka_cleanshutdown', 'create')).close();
  const [log] = await openAll(await start(after));
  assert.equal(log?.endOffset, 0);
  assert.deepEqual(await journalFiles(after), []);
  const told = after.logger.lines.filter(({ message }) => message.startsWith('a journal is removed unread'));
  assert.deepEqual(
    told.map(({ level, fields }) => ({ level, ...fields })),
    [{ level: 'warn', path: `data/${JOURNAL}1`, logs: LOGS }],
  );
});

test('of an empty journal nothing is told after the clean stop of another program', async () => {
  const env = testEnv();
  await (await start(env)).close();
  const file = await env.disk.open(`data/${JOURNAL}1`, 'create');
  await file.write([formatFileHeader(FREE)], 0);
  await file.close();
  await start(env);
  assert.deepEqual(await journalFiles(env), []);
  assert.deepEqual(env.logger.lines, []);
});

test('a journal that another version wrote is refused and stays, because only that version can replay it', async () => {
  const env = testEnv();
  await appendToAll(await openAll(await start(env)));
  const after = afterPowerLoss(env);
  const file = await after.disk.open(`data/${JOURNAL}1`, 'existing');
  const header = Buffer.from(formatFileHeader(1));
  header.writeInt32BE(2, 4);
  header.writeInt32BE(crc32c(header.subarray(0, 16)) | 0, 16);
  await file.write([header], 0);
  await assert.rejects(start(after), DataDirectoryRefused);
  assert.deepEqual(await journalFiles(after), [`${JOURNAL}1`]);
});

test('what a kill has left is recovered with one sync of each directory, and told in one line', async () => {
  const env = testEnv();
  const logs = await openAll(await start(env));
  await appendToAll(logs);
  for (const log of logs) log.requestWrite();
  await settle();
  await appendToAll(logs);
  const after = { ...env, logger: new RecordingLogger(), disk: env.disk.restarted(env.clock) };
  const operations = record(after);
  const opened = await openAll(await start(after));
  assert.deepEqual(
    opened.map(({ durableOffset }) => durableOffset),
    logs.map(() => 2),
  );
  const synced = operations.filter(({ kind, path }) => kind === 'syncDirectory' && path.startsWith('data/'));
  assert.deepEqual(
    synced.map(({ path }) => path).toSorted(),
    logs.map(({ id }) => `data/orders-${id.partition}`),
  );
  const lines = after.logger.lines.filter(({ level }) => level !== 'debug');
  assert.equal(lines.length, 1);
  const [bytesChecked, recordsReplayed] = [LOGS * batchAt(0, {}).bytes.byteLength, LOGS];
  const told = { root: 'data', logs: LOGS, bytesChecked, recordsReplayed, left: 0, tookMs: 0 };
  assert.deepEqual({ ...lines[0]?.fields, tookMs: 0 }, told);
});
