/** What a local log does when the disk fails under it, and what it finds afterwards. The simulator tries the rest. Fails when invariants I5 and I32 do not hold. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextProcess, type TestEnv, testEnv } from '../../../sim/test-env.ts';
import { settle } from '../../../sim/virtual-clock.ts';
import { DiskFault, type DiskFaultKind } from '../../base/faults.ts';
import { baseOffset } from '../../protocol/batch/header.ts';
import { appendTo, logId, logSettings, whenProgress } from '../log.fixture.ts';
import type { PartitionLog } from '../log-engine.ts';
import { LogClosed, LogFull } from '../log-faults.ts';
import { startEngine } from './local-engine.fixture.ts';
import type { LocalLogEngine } from './local-engine.ts';

const LOG_FILE = 'data/orders-0/00000000000000000000.log';

/** The next `kind` of call on the log's file fails. */
function failNext(env: TestEnv, kind: 'write' | 'sync', fault: DiskFaultKind): void {
  env.disk.judge = (operation) => {
    if (operation.kind !== kind || operation.path !== LOG_FILE) return { kind: 'ok' };
    env.disk.heal();
    return { kind: 'fault', fault };
  };
}

function nextFault(log: PartitionLog): Promise<Error> {
  return new Promise((resolve) => {
    log.onProgress = (fault) => fault !== undefined && resolve(fault);
  });
}

/** Three batches, of which one is durable and one more is written. */
async function openWithHistory(env: TestEnv): Promise<{ engine: LocalLogEngine; log: PartitionLog }> {
  const engine = await startEngine(env);
  const log = await engine.open(logId(), logSettings());
  appendTo(log, {});
  log.requestSync();
  await whenProgress(log, () => log.durableOffset === 1);
  appendTo(log, {});
  await whenProgress(log, () => log.writtenOffset === 2);
  return { engine, log };
}

function messages(env: TestEnv, level: string): string[] {
  return env.logger.lines.filter((line) => line.level === level).map((line) => line.message);
}

test('a failed write closes the log with the fault, and opening it again finds what was written before', async () => {
  const env = testEnv();
  const { engine, log } = await openWithHistory(env);
  failNext(env, 'write', 'full');
  const fault = nextFault(log);
  appendTo(log, {});
  assert.ok((await fault) instanceof DiskFault);
  assert.deepEqual([log.writtenOffset, log.durableOffset], [2, 1]);
  assert.throws(() => appendTo(log, {}), LogClosed);
  await log.close();
  const again = await engine.open(logId(), logSettings());
  assert.deepEqual([again.endOffset, again.durableOffset], [2, 2]);
  assert.throws(() => appendTo(again, {}), LogFull);
  await env.clock.advance(2_000);
  appendTo(again, {});
  await again.close();
});

test('after a failed sync nothing more is acknowledged, and what the system held is made durable by the next opening', async () => {
  const env = testEnv();
  const { engine, log } = await openWithHistory(env);
  failNext(env, 'sync', 'io');
  const fault = nextFault(log);
  log.requestSync();
  await fault;
  assert.equal(log.durableOffset, 1);
  await log.close();
  const again = await engine.open(logId(), logSettings());
  assert.equal(again.durableOffset, 2);
  env.disk.crash();
  const after = nextProcess(env);
  const recovered = await (await startEngine(after)).open(logId(), logSettings());
  assert.equal(recovered.endOffset, 2);
});

test('a close that cannot sync says so, and the next opening recovers', async () => {
  const env = testEnv();
  const { engine, log } = await openWithHistory(env);
  failNext(env, 'sync', 'io');
  await assert.rejects(log.close(), DiskFault);
  const again = await engine.open(logId(), logSettings());
  assert.equal(again.endOffset, 2);
  await again.close();
});

test('a log whose epochs cannot be written does not keep the recovery points of others back', async () => {
  const env = testEnv();
  const engine = await startEngine(env);
  for (const partition of [0, 1]) {
    const log = await engine.open({ ...logId(), partition }, logSettings());
    appendTo(log, {});
    log.requestSync();
    await whenProgress(log, () => log.durableOffset === 1);
  }
  env.disk.fail('io', ({ kind, path }) => kind === 'open' && path.startsWith('data/orders-0/leader-epoch'));
  await env.clock.advance(6_000);
  const bytes = Buffer.alloc(100);
  env.disk.file('data/recovery-point-offset-checkpoint')?.read(bytes, 0);
  assert.match(bytes.toString(), /^0\n1\norders 1 1\n/);
});

test('a bit that fell over above the recovery point cuts the log there, loudly', async () => {
  const env = testEnv();
  const { log } = await openWithHistory(env);
  const second = log.bytes / 2;
  env.disk.kill();
  const after = nextProcess(env);
  after.disk.file(LOG_FILE)?.corrupt(second + 70);
  const engine = await startEngine(after);
  const recovered = await engine.open(logId(), logSettings());
  assert.deepEqual([recovered.endOffset, recovered.bytes], [1, second]);
  assert.deepEqual(messages(env, 'warn'), ['a torn tail was cut off a log']);
});

test('records that were durable and are gone are reported as lost', async () => {
  const env = testEnv();
  const { log } = await openWithHistory(env);
  await env.clock.advance(6_000);
  const bytes = log.bytes / 2;
  env.disk.kill();
  const after = nextProcess(env);
  after.disk.file(LOG_FILE)?.truncate(bytes - 10);
  const recovered = await (await startEngine(after)).open(logId(), logSettings());
  assert.equal(recovered.endOffset, 0);
  assert.deepEqual(
    env.logger.lines.filter((line) => line.level === 'error').map((line) => line.fields),
    [{ topic: 'orders', partition: 0, fromOffset: 0, toOffset: 1 }],
  );
});

test('a log that changed since the clean stop is checked although it was stopped cleanly', async () => {
  const env = testEnv();
  const { engine, log } = await openWithHistory(env);
  await log.close();
  await engine.close();
  env.disk.file(LOG_FILE)?.truncate(log.bytes - 1);
  const changed = await (await startEngine(env)).open(logId(), logSettings());
  assert.equal(changed.endOffset, 1);
  assert.ok(messages(env, 'warn').includes('a log has changed since the last clean stop and is checked'));
});

for (const { where, byte } of [
  { where: 'into another batch', byte: 7 * 8 - 1 },
  { where: 'beyond the file', byte: 7 * 8 - 4 },
]) {
  test(`an index that leads ${where} costs a warning, not the records`, async () => {
    const env = testEnv();
    let engine = await startEngine(env);
    const settings = logSettings({ indexIntervalBytes: 0 });
    let log = await engine.open(logId(), settings);
    const sent = Array.from({ length: 9 }, () => Buffer.from(appendTo(log, {})));
    await log.close();
    await engine.close();
    env.disk.file('data/orders-0/00000000000000000000.index')?.corrupt(byte);
    engine = await startEngine(env);
    log = await engine.open(logId(), settings);
    const scanned: number[] = [];
    await log.scan(7, (batch) => scanned.push(baseOffset(batch)));
    assert.deepEqual(scanned, [7, 8]);
    const slice = await log.read({ offset: 7, endOffset: 9, bytesMax: 10_000, atLeastOneBatch: true });
    assert.deepEqual(Buffer.concat(slice.parts), Buffer.concat(sent.slice(7)));
    assert.deepEqual(messages(env, 'warn'), ['an index is not that of its segment']);
  });
}

test('a directory of another topic of the same name is set aside, not served and not destroyed', async () => {
  const env = testEnv();
  const { engine, log } = await openWithHistory(env);
  await log.close();
  const other = await engine.open(logId({ topicId: 'AAAAAAAAAAAAAAAAAAAAAg' }), logSettings());
  assert.equal(other.endOffset, 0);
  const names = (await env.disk.list('data')).map(({ name }) => name);
  assert.equal(names.filter((name) => /^orders-0\.[0-9a-f]{32}-stray$/.test(name)).length, 1);
  assert.deepEqual(
    (await engine.list()).map(({ topicId }) => topicId),
    ['AAAAAAAAAAAAAAAAAAAAAg'],
  );
});

test('every start tells of the directories that were set aside, as Apache Kafka does, and keeps them', async () => {
  const env = testEnv();
  const { engine, log } = await openWithHistory(env);
  await log.close();
  await (await engine.open(logId({ topicId: 'AAAAAAAAAAAAAAAAAAAAAg' }), logSettings())).close();
  await engine.close();
  const told = () => env.logger.lines.filter(({ message }) => message === 'directories that were set aside are kept');
  assert.deepEqual(told(), []);
  for (let starts = 1; starts <= 2; starts += 1) {
    await (await startEngine(env)).close();
    assert.equal(told().length, starts);
  }
  const [stray] = (await env.disk.list('data')).map(({ name }) => name).filter((name) => name.endsWith('-stray'));
  assert.deepEqual({ ...told()[0]?.fields }, { root: 'data', count: 1, first: stray });
});

test('files of deleted segments go after the delay, and what a crash left of them with the next opening', async () => {
  const env = testEnv();
  const settings = logSettings({ segmentBytes: 250, fileDeleteDelayMs: 1_000 });
  const engine = await startEngine(env);
  const log = await engine.open(logId(), settings);
  for (let index = 0; index < 6; index += 1) appendTo(log, {});
  await whenProgress(log, () => log.writtenOffset === 6);
  await log.advanceStart(4);
  await settle();
  const deleted = async (): Promise<number> =>
    (await env.disk.list('data/orders-0')).filter(({ name }) => name.endsWith('.deleted')).length;
  assert.ok((await deleted()) > 0);
  await env.clock.advance(1_000);
  assert.equal(await deleted(), 0);
});

test('removed logs that a crash left behind are gone after the next start', async () => {
  const env = testEnv();
  await env.disk.makeDirectory('data/orders-0.0123456789abcdef0123456789abcdef-delete');
  await startEngine(env);
  await settle();
  assert.deepEqual(
    (await env.disk.list('data')).filter(({ kind }) => kind === 'directory'),
    [],
  );
});

test('the usage leaves out a log that is removed while it is looked at', async () => {
  const env = testEnv();
  const engine = await startEngine(env);
  const ids = Array.from({ length: 20 }, (_, partition) => ({ ...logId(), partition }));
  for (const id of ids) await (await engine.open(id, logSettings())).close();
  const removing = ids.map((id) => engine.remove(id));
  const usages = await Promise.all(ids.map(() => engine.usage()));
  await Promise.all(removing);
  for (const usage of usages) assert.ok(usage.length <= ids.length);
  assert.deepEqual(await engine.usage(), []);
});

/** Five batches, a segment each, all durable. */
async function openWithSegments(env: TestEnv): Promise<{ engine: LocalLogEngine; log: PartitionLog }> {
  const engine = await startEngine(env);
  const log = await engine.open(logId(), segmentPerBatch);
  for (let count = 0; count < 5; count += 1) appendTo(log, {});
  log.requestSync();
  await whenProgress(log, () => log.durableOffset === 5);
  return { engine, log };
}

const segmentPerBatch = logSettings({ segmentBytes: 100, fileDeleteDelayMs: 0 });

function failStartOnce(env: TestEnv): void {
  env.disk.judge = ({ kind, path }) => {
    if (kind !== 'sync' || !path.endsWith('log-start-offset-checkpoint.tmp')) return { kind: 'ok' };
    env.disk.heal();
    return { kind: 'fault', fault: 'io' };
  };
}

test('a start that could not be saved takes no files away, also when the log is checked next', async () => {
  const env = testEnv();
  const { engine, log } = await openWithSegments(env);
  failStartOnce(env);
  await assert.rejects(log.advanceStart(3), DiskFault);
  assert.equal(log.startOffset, 0);
  env.disk.fail('io', ({ kind, path }) => kind === 'write' && path.endsWith('.log'));
  const fault = nextFault(log);
  appendTo(log, {});
  await fault;
  env.disk.heal();
  await log.close();
  const checked = await engine.open(logId(), segmentPerBatch);
  assert.deepEqual([checked.startOffset, checked.endOffset], [0, 5]);
  env.disk.crash();
  const after = nextProcess(env);
  const again = await (await startEngine(after)).open(logId(), segmentPerBatch);
  assert.deepEqual([again.startOffset, again.endOffset], [0, 5]);
});

test('a start is the same for whoever asks again after it could not be saved: durable, or refused', async () => {
  const env = testEnv();
  const { log } = await openWithSegments(env);
  failStartOnce(env);
  await assert.rejects(log.advanceStart(3), DiskFault);
  await log.advanceStart(3);
  assert.equal(log.startOffset, 3);
  env.disk.crash();
  const after = nextProcess(env);
  assert.equal((await (await startEngine(after)).open(logId(), segmentPerBatch)).startOffset, 3);
});

async function startAfterPowerLoss(env: TestEnv): Promise<number> {
  env.disk.crash();
  const after = { ...env, disk: env.disk.restarted(env.clock) };
  return (await (await startEngine(after)).open(logId(), segmentPerBatch)).startOffset;
}

test('of two who ask for a start at once, one is refused when it cannot be saved, and the other one has it saved', async () => {
  const env = testEnv();
  const { log } = await openWithSegments(env);
  failStartOnce(env);
  const results = await Promise.allSettled([log.advanceStart(3), log.advanceStart(3)]);
  assert.deepEqual(
    results.map(({ status }) => status),
    ['rejected', 'fulfilled'],
  );
  assert.equal(await startAfterPowerLoss(env), 3);
});

test('a start that is asked for while a later one is being saved does not replace it', async () => {
  const env = testEnv();
  const { log } = await openWithSegments(env);
  await Promise.all([log.advanceStart(4), log.advanceStart(2)]);
  assert.equal(log.startOffset, 4);
  assert.equal(await startAfterPowerLoss(env), 4);
});

test('a start does not get ahead of what is durable: a power loss takes nothing along that lies above it', async () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const env = testEnv(seed);
    const log = await (await startEngine(env)).open(logId(), logSettings({ segmentBytes: 250, fileDeleteDelayMs: 0 }));
    // Complete segments are synced in any case: not in time.
    env.disk.pause = ({ kind, path }) => (kind === 'sync' && path.endsWith('.log') ? settle(50) : Promise.resolve());
    for (let count = 0; count < 5; count += 1) appendTo(log, {});
    await whenProgress(log, () => log.writtenOffset === 5);
    await log.advanceStart(3);
    env.disk.crash();
    const after = nextProcess(env);
    const again = await (await startEngine(after)).open(logId(), logSettings());
    assert.equal(again.startOffset, 3);
    assert.ok(again.endOffset >= 3);
    assert.deepEqual(messages(after, 'error'), []);
  }
});

test('a log that is being closed moves its start no more', async () => {
  const env = testEnv();
  const { log } = await openWithSegments(env);
  const closing = log.close();
  await assert.rejects(log.advanceStart(3), LogClosed);
  await closing;
  env.disk.crash();
  const after = nextProcess(env);
  assert.equal((await (await startEngine(after)).open(logId(), segmentPerBatch)).startOffset, 0);
});
