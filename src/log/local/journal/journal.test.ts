/** What the engine does with its journal: when it is used, what it brings back, and how it ends. The simulator tries the rest. Fails when invariant I32 does not hold. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DiskOperation } from '../../../../sim/memory-disk.ts';
import { nextProcess, RecordingLogger, type TestEnv, testEnv } from '../../../../sim/test-env.ts';
import { settle } from '../../../../sim/virtual-clock.ts';
import { DataDirectoryRefused, DiskFault } from '../../../base/faults.ts';
import { crc32c } from '../../../protocol/batch/crc32c.ts';
import { baseOffset } from '../../../protocol/batch/header.ts';
import { batchAt, logId, logSettings, whenProgress } from '../../log.fixture.ts';
import type { LogSettings, PartitionLog } from '../../log-engine.ts';
import { fileName, JOURNAL, LOG } from '../file-names.ts';
import { startEngine } from '../local-engine.fixture.ts';
import type { LocalLogEngine } from '../local-engine.ts';
import { FREE, formatFileHeader } from './journal-frame.ts';

const LOGS = 10;

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
  return nextProcess(env);
}

test('a crowd of logs becomes durable with one sync, also when the names of their files are new', async () => {
  const env = testEnv();
  const logs = await openAll(await startEngine(env));
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

test('no journal is made in what has taken the place of a data directory, and nothing is durable by it', async () => {
  const env = testEnv();
  let isAway = false;
  const logs = await openAll(await startEngine(env, { isThere: async () => !isAway }));
  isAway = true;
  await assert.rejects(appendToAll(logs), { name: 'DiskFault', kind: 'absent' });
  await settle();
  assert.deepEqual([await journalFiles(env), logs.map(({ durableOffset }) => durableOffset)], [[], logs.map(() => 0)]);
});

test('a lone log is synced where it is, and nothing is written twice', async () => {
  const env = testEnv();
  const [log] = await openAll(await startEngine(env));
  assert.ok(log !== undefined);
  for (let count = 0; count < 5; count += 1) await appendToAll([log]);
  assert.deepEqual(await journalFiles(env), []);
});

test('what is durable by the journal alone is there after a power loss, with and without another one during recovery', async () => {
  const env = testEnv(3);
  const logs = await openAll(await startEngine(env));
  for (let count = 0; count < 3; count += 1) await appendToAll(logs);
  let after = afterPowerLoss(env);
  // Half of them are recovered in a life that ends early.
  const engine = await startEngine(after);
  for (let partition = 0; partition < LOGS / 2; partition += 1) {
    assert.equal((await engine.open(logId({ partition }), logSettings())).endOffset, 3);
  }
  after = afterPowerLoss(after);
  const recovered = await openAll(await startEngine(after));
  assert.deepEqual(
    recovered.map((log) => [log.endOffset, log.durableOffset]),
    recovered.map(() => [3, 3]),
  );
});

test('where the start lies within the first batch that the journal gives back, the epochs begin with it', async () => {
  for (let seed = 1; seed <= 8; seed += 1) {
    const env = testEnv(seed);
    const logs = await openAll(await startEngine(env));
    for (const log of logs) {
      log.append(batchAt(0, { records: 6, leaderEpoch: 4 }));
      log.requestSync();
    }
    await Promise.all(logs.map((log) => whenProgress(log, () => log.durableOffset === 6)));
    await logs[0]?.advanceStart(3);
    const next = afterPowerLoss(env);
    await next.disk.remove('data/orders-0/leader-epoch-checkpoint');
    const [again] = await openAll(await startEngine(next));
    assert.deepEqual([again?.startOffset, again?.leaderEpochs], [3, [{ epoch: 4, startOffset: 3 }]]);
  }
});

test('a log whose directory is lost is listed and comes back; its journal is gone when every log is recovered', async () => {
  const env = testEnv();
  const logs = await openAll(await startEngine(env));
  await appendToAll(logs);
  const after = afterPowerLoss(env);
  for (const { name, kind } of await after.disk.list('data')) {
    if (kind === 'directory') await after.disk.removeTree(`data/${name}`);
  }
  const engine = await startEngine(after);
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
  await appendToAll(await openAll(await startEngine(env)));
  const engine = await startEngine(afterPowerLoss(env));
  const log = await engine.open(logId({ topicId: 'AAAAAAAAAAAAAAAAAAAAAg' }), logSettings());
  assert.equal(log.endOffset, 0);
});

test('a removed log leaves the list although the journal still had it', async () => {
  const env = testEnv();
  await appendToAll(await openAll(await startEngine(env)));
  const engine = await startEngine(afterPowerLoss(env));
  await engine.remove(logId());
  assert.equal((await engine.list()).length, LOGS - 1);
});

test('a clean stop leaves no journal', async () => {
  const env = testEnv();
  const engine = await startEngine(env);
  const logs = await openAll(engine);
  await appendToAll(logs);
  assert.equal((await journalFiles(env)).length, 1);
  for (const log of logs) await log.close();
  await engine.close();
  assert.deepEqual(await journalFiles(env), []);
});

test('a full file is emptied when the segments are synced, and written again', async () => {
  const env = testEnv();
  const logs = await openAll(await startEngine(env, { journalFileBytes: 2_000 }));
  for (let count = 0; count < 30; count += 1) await appendToAll(logs);
  await settle();
  assert.ok((await journalFiles(env)).length <= 3);
  const operations = record(env);
  await appendToAll(logs);
  assert.ok(operations.some(({ kind, path }) => kind === 'write' && path.includes(JOURNAL)));
});

test('a file that does not fill is emptied by its age', async () => {
  const env = testEnv();
  const logs = await openAll(await startEngine(env));
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
  await appendToAll(await openAll(await startEngine(env)));
  await env.clock.advance(6_000);
  const points = env.disk.file('data/recovery-point-offset-checkpoint');
  const bytes = Buffer.alloc(points?.bytes ?? 0);
  points?.read(bytes, 0);
  assert.doesNotMatch(bytes.toString(), /orders \d+ 1/);
});

test('a failed sync of the journal fails the logs that waited, and the next round uses another file', async () => {
  const env = testEnv();
  const engine = await startEngine(env);
  const logs = await openAll(engine);
  await appendToAll(logs);
  env.disk.fail('io', ({ kind, path }) => kind === 'sync' && path === `data/${JOURNAL}1`);
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
  const recovered = await openAll(await startEngine(afterPowerLoss(env)));
  assert.ok(recovered.every(({ endOffset }) => endOffset === 3));
});

test('a segment gets its first byte only when nothing before it is durable by the journal alone', async () => {
  const env = testEnv();
  const logs = await openAll(await startEngine(env), { segmentBytes: 250, cleanupPolicy: ['compact'] });
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
  await appendToAll(await openAll(await startEngine(env)));
  env.disk.kill();
  const after = nextProcess(env);
  after.disk.file('data/orders-0/00000000000000000000.log')?.truncate(0);
  await (await after.disk.open('data/.kafka_cleanshutdown', 'create')).close();
  const [log] = await openAll(await startEngine(after));
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
  await (await startEngine(env)).close();
  const file = await env.disk.open(`data/${JOURNAL}1`, 'create');
  await file.write([formatFileHeader(FREE)], 0);
  await file.close();
  await startEngine(env);
  assert.deepEqual(await journalFiles(env), []);
  assert.deepEqual(env.logger.lines, []);
});

test('a journal that another version wrote is refused and stays, because only that version can replay it', async () => {
  const env = testEnv();
  await appendToAll(await openAll(await startEngine(env)));
  const after = afterPowerLoss(env);
  const file = await after.disk.open(`data/${JOURNAL}1`, 'existing');
  const header = Buffer.from(formatFileHeader(1));
  header.writeInt32BE(2, 4);
  header.writeInt32BE(crc32c(header.subarray(0, 16)) | 0, 16);
  await file.write([header], 0);
  await assert.rejects(startEngine(after), DataDirectoryRefused);
  assert.deepEqual(await journalFiles(after), [`${JOURNAL}1`]);
});

/** Ten logs with two batches each, the first of them in segments, none synced; killed. */
async function killed(): Promise<TestEnv> {
  const env = testEnv();
  const logs = await openAll(await startEngine(env));
  await appendToAll(logs);
  for (const log of logs) log.requestWrite();
  await settle();
  await appendToAll(logs);
  return nextProcess(env, { logger: new RecordingLogger() });
}

function syncsIn(operations: readonly DiskOperation[]): string[] {
  const syncs = operations.filter(({ kind }) => kind === 'sync' || kind === 'syncDirectory');
  return syncs.map(({ path }) => path).filter((path) => path.startsWith('data/'));
}

test('what a kill has left is recovered with one sync of the journal, told in one line, and synced later', async () => {
  const env = await killed();
  const operations = record(env);
  const logs = await openAll(await startEngine(env));
  assert.deepEqual(
    logs.map(({ durableOffset }) => durableOffset),
    logs.map(() => 2),
  );
  assert.deepEqual(syncsIn(operations), [`data/${JOURNAL}1`]);
  const lines = env.logger.lines.filter(({ level }) => level !== 'debug');
  assert.equal(lines.length, 1);
  const [bytesChecked, recordsReplayed] = [LOGS * batchAt(0, {}).bytes.byteLength, LOGS];
  const told = { root: 'data', logs: LOGS, bytesChecked, recordsReplayed, left: 0, tookMs: 0 };
  assert.deepEqual({ ...lines[0]?.fields, tookMs: 0 }, told);
  operations.length = 0;
  await env.clock.advance(30_000);
  const segments = logs.map(({ id }) => `data/orders-${id.partition}/${fileName(0, LOG)}`);
  assert.deepEqual(
    syncsIn(operations).filter((path) => segments.includes(path)),
    segments,
  );
  const after = afterPowerLoss(env);
  const ends = (await openAll(await startEngine(after))).map(({ endOffset }) => endOffset);
  assert.deepEqual(
    ends,
    logs.map(() => 2),
  );
});

test('a snapshot above the recovery point does not have to fear a power loss: its segment is synced at once', async () => {
  const env = testEnv();
  const logs = await openAll(await startEngine(env));
  await appendToAll(logs);
  for (const log of logs) log.requestWrite();
  await logs[0]?.writeSnapshot(1, Buffer.from('producers'));
  await appendToAll(logs);
  const after = nextProcess(env);
  const operations = record(after);
  await openAll(await startEngine(after));
  const segments = syncsIn(operations).filter((path) => path.endsWith(LOG));
  assert.deepEqual(segments, [`data/orders-0/${fileName(0, LOG)}`]);
});

test('a log that is recovered from the journal alone is scanned without its file', async () => {
  const env = testEnv();
  await appendToAll(await openAll(await startEngine(env)));
  const after = nextProcess(env);
  const [log] = await openAll(await startEngine(after));
  const operations = record(after);
  const seen: number[] = [];
  await log?.scan(0, (batch) => seen.push(baseOffset(batch)));
  assert.deepEqual([seen, operations], [[0], []]);
});

test('where the journal cannot be made durable, each log is synced at once, its directory once', async () => {
  const env = await killed();
  const operations: DiskOperation[] = [];
  env.disk.judge = (operation) => {
    operations.push(operation);
    const fails = operation.kind === 'sync' && operation.path.includes(JOURNAL);
    return fails ? { kind: 'fault', fault: 'io' } : { kind: 'ok' };
  };
  const logs = await openAll(await startEngine(env));
  assert.deepEqual(
    logs.map(({ durableOffset }) => durableOffset),
    logs.map(() => 2),
  );
  const directories = logs.map(({ id }) => `data/orders-${id.partition}`);
  assert.deepEqual(
    syncsIn(operations)
      .filter((path) => directories.includes(path))
      .toSorted(),
    directories,
  );
});

test('a log whose end only an earlier journal has is served before that end has room, and again after it was tried', async () => {
  const env = testEnv();
  await appendToAll(await openAll(await startEngine(env)));
  const after = nextProcess(env);
  after.disk.fail('full', ({ kind, path }) => kind === 'write' && path.endsWith(LOG));
  const engine = await startEngine(after);
  const [log] = await openAll(engine);
  assert.equal(log?.durableOffset, 1);
  const failed = assert.rejects(
    whenProgress(log, () => false),
    DiskFault,
  );
  await after.clock.advance(30_000);
  await failed;
  await log.close().catch(() => {});
  const again = await engine.open(log.id, logSettings());
  assert.equal(again.durableOffset, 1);
  after.disk.heal();
  await after.clock.advance(30_000);
  const next = afterPowerLoss(after);
  assert.equal((await (await startEngine(next)).open(log.id, logSettings())).endOffset, 1);
});

test('a log that another failure of this process has left is not taken for durable by the journal', async () => {
  const env = testEnv();
  const engine = await startEngine(env);
  const logs = await openAll(engine);
  env.disk.fail('io', ({ kind, path }) => kind === 'sync' && path.includes(JOURNAL));
  for (const log of logs) {
    log.append(batchAt(0, {}));
    log.requestSync();
  }
  await settle();
  await Promise.all(logs.map((log) => log.close().catch(() => {})));
  const operations = record(env);
  const again = await openAll(engine);
  assert.deepEqual(
    again.map(({ endOffset }) => endOffset),
    again.map(() => 1),
  );
  const segments = again.map(({ id }) => `data/orders-${id.partition}/${fileName(0, LOG)}`);
  assert.deepEqual(
    syncsIn(operations)
      .filter((path) => segments.includes(path))
      .toSorted(),
    segments,
  );
});

test('kills one after the other let no journal files pile up', async () => {
  let env = testEnv();
  for (let count = 0; count < 12; count += 1) {
    await appendToAll(await openAll(await startEngine(env)));
    assert.ok((await journalFiles(env)).length <= 5);
    env = nextProcess(env);
  }
  const [log] = await openAll(await startEngine(env));
  assert.equal(log?.endOffset, 12);
});
