import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type TestEnv, testEnv } from '../../../sim/test-env.ts';
import { settle } from '../../../sim/virtual-clock.ts';
import { limits } from '../../base/limits.ts';
import { appendTo, logId, logSettings, whenProgress } from '../log.fixture.ts';
import type { PartitionLog } from '../log-engine.ts';
import { LogFull } from '../log-faults.ts';
import { startEngine } from './local-engine.fixture.ts';
import type { LocalLogEngine } from './local-engine.ts';

const RESERVE = limits.diskReserveBytes;

function start(env: TestEnv): Promise<LocalLogEngine> {
  const usesReserve = ({ topic }: { topic: string }) => topic === 'internal';
  return startEngine(env, { usesReserve });
}

async function read(log: PartitionLog): Promise<number> {
  return (await log.read({ offset: 0, endOffset: log.endOffset, bytesMax: 1_000, atLeastOneBatch: true })).bytes;
}

test('appends end before the disk is full, reads go on, and appends begin again when there is room', async () => {
  const env = testEnv();
  const engine = await start(env);
  const log = await engine.open(logId(), logSettings());
  appendTo(log, {});
  env.disk.bytesFree = RESERVE - 1;
  await env.clock.advance(limits.recoveryPointAgeMs);
  assert.throws(() => appendTo(log, {}), LogFull);
  assert.equal(log.hasRoomFor(1), false);
  assert.equal(log.endOffset, 1);
  assert.ok((await read(log)) > 0);
  env.disk.bytesFree = RESERVE + 1;
  await env.clock.advance(10_000);
  assert.throws(() => appendTo(log, {}), LogFull, 'a little more than the reserve is not enough to begin again');
  env.disk.bytesFree = 2 * RESERVE;
  await env.clock.advance(limits.diskCheckIntervalMs);
  appendTo(log, {});
  await whenProgress(log, () => log.writtenOffset === 2);
  assert.deepEqual(
    env.logger.lines.map(({ level, message }) => `${level}: ${message}`),
    ['error: the disk is full: appends are refused, reads go on', 'warn: the disk has room again: appends are taken'],
  );
  await engine.close();
});

test('a disk that is full at the start is read and not written', async () => {
  const env = testEnv();
  const before = await start(env);
  appendTo(await before.open(logId(), logSettings()), {});
  await before.close();
  env.disk.bytesFree = 0;
  const engine = await start(env);
  const log = await engine.open(logId(), logSettings());
  assert.ok((await read(log)) > 0);
  assert.throws(() => appendTo(log, {}), LogFull);
  await engine.close();
});

test('what is internal goes on from the reserve', async () => {
  const env = testEnv();
  env.disk.bytesFree = RESERVE - 1;
  const engine = await start(env);
  const log = await engine.open(logId({ topic: 'internal' }), logSettings());
  assert.equal(log.hasRoomFor(1), true);
  appendTo(log, {});
  assert.equal(log.endOffset, 1);
  await engine.close();
});

test('many bytes are not appended on the word of an old look at the disk', async () => {
  const env = testEnv();
  env.disk.bytesFree = RESERVE + 20_000;
  const engine = await start(env);
  const log = await engine.open(logId(), logSettings());
  appendTo(log, { valueBytes: 9_000 });
  env.disk.bytesFree = RESERVE - 1;
  appendTo(log, { valueBytes: 9_000 });
  await settle();
  assert.throws(() => appendTo(log, {}), LogFull);
  await engine.close();
});

test('a disk that refuses writes although it has free bytes is tried at growing intervals', async () => {
  const env = testEnv();
  const engine = await start(env);
  let refusals = 0;
  let opened = false;
  env.disk.judge = ({ kind, path }) => {
    // Recovery writes over what is there, and that needs no room.
    if (!opened || kind !== 'write' || !path.endsWith('.log')) return { kind: 'ok' };
    refusals += 1;
    return { kind: 'fault', fault: 'full' };
  };
  for (let second = 0; second < 120; second += 1) {
    opened = false;
    const log = await engine.open(logId(), logSettings());
    opened = true;
    try {
      appendTo(log, {});
      await settle();
    } catch (error) {
      assert.ok(error instanceof LogFull);
    }
    await log.close().catch(() => {});
    await env.clock.advance(1_000);
  }
  assert.ok(refusals > 3 && refusals < 20, `${refusals} writes in two minutes`);
});

test('nor however many logs it has refused at once', async () => {
  const env = testEnv();
  const engine = await start(env);
  const other = await engine.open(logId({ topic: 'orders' }), logSettings());
  const logs = await Promise.all(
    Array.from({ length: 20 }, (_, partition) => engine.open(logId({ topic: 'internal', partition }), logSettings())),
  );
  env.disk.bytesFree = 0;
  env.disk.fail('full', ({ kind }) => kind === 'write');
  for (const log of logs) {
    appendTo(log, {});
    log.requestWrite();
  }
  await settle();
  assert.throws(() => appendTo(other, {}), LogFull);
  env.disk.heal();
  env.disk.bytesFree = 2 * RESERVE;
  await env.clock.advance(2 * limits.diskCheckIntervalMs);
  appendTo(other, {});
  for (const log of logs) await log.close().catch(() => {});
  await engine.close();
});

test('a disk that was full is written to within two seconds of having room, however often it has refused a write', async () => {
  const env = testEnv();
  const engine = await start(env);
  const other = await engine.open(logId({ topic: 'orders' }), logSettings());
  env.disk.bytesFree = 0;
  for (let second = 0; second < 60; second += 1) {
    env.disk.heal();
    const log = await engine.open(logId({ topic: 'internal' }), logSettings());
    env.disk.fail('full', ({ kind }) => kind === 'write');
    appendTo(log, {});
    log.requestWrite();
    await settle();
    await log.close().catch(() => {});
    await env.clock.advance(1_000);
  }
  assert.throws(() => appendTo(other, {}), LogFull);
  env.disk.heal();
  env.disk.bytesFree = 2 * RESERVE;
  await env.clock.advance(2 * limits.diskCheckIntervalMs);
  appendTo(other, {});
  await engine.close();
});
