/** A log that was removed leaves nothing behind that a later one of the same name could be taken for. Fails when invariants I4 and I31 do not hold. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextProcess, type TestEnv, testEnv } from '../../../sim/test-env.ts';
import { settle } from '../../../sim/virtual-clock.ts';
import { present } from '../../base/assert.ts';
import { appendTo, logId, logSettings, whenProgress } from '../log.fixture.ts';
import type { LogId, PartitionLog } from '../log-engine.ts';
import { Checkpoints } from './checkpoints.ts';
import { startEngine } from './local-engine.fixture.ts';
import type { LocalLogEngine } from './local-engine.ts';

const FIRST = logId();
const SECOND: LogId = { ...FIRST, topicId: 'BBBBBBBBBBBBBBBBBBBBBB' };
const OTHER = logId({ partition: 1 });
const THIRD = logId({ partition: 2 });
const RECORDS = 10;

async function open(engine: LocalLogEngine, id: LogId, records: number): Promise<PartitionLog> {
  const log = await engine.open(id, logSettings());
  for (let offset = 0; offset < records; offset += 1) appendTo(log, {});
  log.requestSync();
  await whenProgress(log, () => log.durableOffset === log.endOffset);
  return log;
}

function restarted(env: TestEnv): TestEnv {
  return nextProcess(env, testEnv(2));
}

/** A log with every checkpoint there is, closed and about to be removed. */
async function checkpointed(env: TestEnv): Promise<LocalLogEngine> {
  const first = await startEngine(env);
  const log = await open(first, FIRST, RECORDS);
  await log.advanceStart(RECORDS - 1);
  await log.close();
  await first.close();
  const checkpoints = await Checkpoints.read(env.disk, 'data', env.logger);
  await checkpoints.saveCleanOffset('orders-0', RECORDS - 1);
  return startEngine(env);
}

test('the checkpoints of a removed log are not those of the next one of its name, also after a crash', async () => {
  const env = testEnv();
  const engine = await checkpointed(env);
  await engine.remove(FIRST);
  await open(engine, SECOND, 1);
  env.disk.crash();
  const again = restarted(env);
  const log = await (await startEngine(again)).open(SECOND, logSettings());
  assert.deepEqual([log.startOffset, log.endOffset], [0, 1]);
  assert.deepEqual(
    again.logger.lines.filter(({ level }) => level !== 'info'),
    [],
    'nothing is told as lost',
  );
  const checkpoints = await Checkpoints.read(again.disk, 'data', again.logger);
  assert.deepEqual([checkpoints.recoveryPoint('orders-0'), checkpoints.cleanOffset('orders-0')], [0, undefined]);
});

for (const death of ['power', 'kill'] as const) {
  test(`a removal that is cut short anywhere leaves nothing to the next log of that name: ${death}`, async () => {
    for (let at = 0; ; at += 1) {
      const env = testEnv(at + 1);
      const engine = await checkpointed(env);
      const first = env.disk.operations;
      env.disk.judge = ({ sequence }) => {
        if (sequence !== first + at) return { kind: 'ok' };
        if (death === 'kill') env.disk.kill();
        return { kind: death === 'power' ? 'crash' : 'ok' };
      };
      let isRemoved = false;
      void engine.remove(FIRST).then(() => {
        isRemoved = true;
      });
      await settle(50);
      const again = restarted(env);
      const next = await startEngine(again);
      // Whoever removes a log does so until it is gone.
      for (const id of await next.list()) await next.remove(id);
      const log = await open(next, SECOND, 1);
      assert.deepEqual([log.startOffset, log.endOffset], [0, 1], `dead in call ${at}`);
      if (isRemoved) return;
    }
  });
}

/** A crash has left the directory of a log, with a torn batch, but not the name of its topic. */
async function nameless(env: TestEnv): Promise<TestEnv> {
  const engine = await startEngine(env);
  await open(engine, FIRST, RECORDS);
  await open(engine, OTHER, RECORDS);
  const after = restarted(env);
  const segment = present(after.disk.file('data/orders-0/00000000000000000000.log'), 'it has a segment');
  segment.truncate(segment.bytes - 1);
  await after.disk.remove('data/orders-0/partition.metadata');
  return after;
}

test('a directory that does not say of which topic it is keeps no stop from being clean, and is checked when it is opened', async () => {
  const env = await nameless(testEnv());
  const first = await startEngine(env);
  await open(first, OTHER, 0);
  await first.close();
  assert.ok(env.disk.file('data/.kafka_cleanshutdown'), 'the stop was clean');
  assert.ok(env.logger.lines.every(({ message }) => !message.includes('before the stop')));
  const second = await startEngine(env);
  const log = await open(second, FIRST, 0);
  assert.equal(log.endOffset, RECORDS - 1);
  assert.ok(env.logger.lines.some(({ message }) => message === 'a torn tail was cut off a log'));
  await second.close();
});

/** Three logs with a record each: that is enough for the journal. */
async function journalled(engine: LocalLogEngine): Promise<readonly PartitionLog[]> {
  const logs = await Promise.all([FIRST, OTHER, THIRD].map((id) => engine.open(id, logSettings())));
  for (const log of logs) appendTo(log, {});
  for (const log of logs) log.requestSync();
  for (const log of logs) await whenProgress(log, () => log.durableOffset === 1);
  return logs;
}

test('as long as a log waits for its recovery, or has records in the journal alone, no stop is clean', async () => {
  for (const directoryIsGone of [false, true]) {
    const env = testEnv();
    await journalled(await startEngine(env));
    const after = restarted(env);
    if (directoryIsGone) await after.disk.removeTree('data/orders-0');
    const second = await startEngine(after);
    for (const id of [OTHER, THIRD]) await open(second, id, 0);
    await second.close();
    assert.equal(after.disk.file('data/.kafka_cleanshutdown'), undefined);
    const { fields, message } = present(after.logger.lines.at(-1), 'the stop says so');
    assert.equal(message, 'not every log was recovered before the stop: the next start checks those that were not');
    assert.deepEqual(fields, { root: 'data', count: 1, first: 'orders-0' });
    assert.equal((await open(await startEngine(after), FIRST, 0)).endOffset, 1);
  }
});

test('a topic that is removed leaves no directory to the next one of its name, also one that does not say whose it is', async () => {
  const env = await nameless(testEnv());
  const engine = await startEngine(env);
  await engine.remove(FIRST);
  const log = await open(engine, SECOND, 1);
  assert.deepEqual([log.startOffset, log.endOffset], [0, 1]);
  const names = (await env.disk.list('data')).map(({ name }) => name);
  assert.equal(names.filter((name) => /^orders-0\.[0-9a-f]{32}-stray$/.test(name)).length, 1, 'it may be another one');
});

test('a log that is set aside keeps its files, and leaves nothing of it in the journal or to the next one of its name', async () => {
  const env = testEnv();
  const engine = await startEngine(env);
  const [log] = await journalled(engine);
  await log?.close();
  await engine.setAside(FIRST);
  assert.deepEqual((await engine.list()).map(({ partition }) => partition).sort(), [1, 2]);
  const [stray] = (await env.disk.list('data')).map(({ name }) => name).filter((name) => name.endsWith('-stray'));
  assert.ok((env.disk.file(`data/${stray}/00000000000000000000.log`)?.bytes ?? 0) > 0);
  // Of another topic: nothing of it is here.
  await open(engine, SECOND, 2);
  await engine.setAside(FIRST);
  const again = restarted(env);
  assert.equal((await open(await startEngine(again), SECOND, 0)).endOffset, 2);
});
