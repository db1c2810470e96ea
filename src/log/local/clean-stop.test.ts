/** What a clean stop costs the disk, and what a power loss right after it leaves. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextProcess, type TestEnv, testEnv } from '../../../sim/test-env.ts';
import { DiskFault } from '../../base/faults.ts';
import { batchAt, logId, logSettings, whenProgress } from '../log.fixture.ts';
import type { LogId, LogSettings, PartitionLog } from '../log-engine.ts';
import { LocalLogEngine } from './local-engine.ts';

const TIME = 1_700_000_000_000;

interface OpenLogs {
  readonly engine: LocalLogEngine;
  readonly logs: readonly PartitionLog[];
}

async function open(
  env: TestEnv,
  { count, settings, openFilesMax = 1_000 }: { count: number; settings?: LogSettings; openFilesMax?: number },
): Promise<OpenLogs> {
  const engine = await LocalLogEngine.start({ env, root: 'data', openFilesMax, checkpointIntervalMs: () => 60_000 });
  const ids: readonly LogId[] = Array.from({ length: count }, (_, partition) => logId({ partition }));
  return { engine, logs: await Promise.all(ids.map((id) => engine.open(id, settings ?? logSettings()))) };
}

/** Durable when it resolves; of several logs by the journal. */
async function append(logs: readonly PartitionLog[], timestamp: number): Promise<void> {
  for (const log of logs) {
    log.append(batchAt(log.endOffset, { timestamp }));
    log.requestSync();
  }
  await Promise.all(logs.map((log) => whenProgress(log, () => log.durableOffset === log.endOffset)));
}

/** The paths below the logs' directories that `kind` is called for while the engine closes. */
async function callsOfStop(
  { disk }: TestEnv,
  engine: LocalLogEngine,
): Promise<(kind: 'open' | 'sync' | 'syncDirectory') => readonly string[]> {
  const calls: { kind: string; path: string }[] = [];
  disk.judge = (call) => {
    if (call.path.startsWith('data/orders-')) calls.push(call);
    return { kind: 'ok' };
  };
  await engine.close();
  disk.heal();
  return (wanted) => calls.filter(({ kind }) => kind === wanted).map(({ path }) => path);
}

test('a stop syncs a new log with three calls, and one that was there before with one', async () => {
  const count = 10;
  const env = testEnv();
  const first = await open(env, { count });
  await append(first.logs, TIME);
  const calls = await callsOfStop(env, first.engine);
  // Its segment and its topic id, and the directory, which names them and the indexes.
  assert.deepEqual([calls('sync').length, calls('syncDirectory').length], [2 * count, count]);
  const second = await open(env, { count });
  await append(second.logs, TIME);
  const again = await callsOfStop(env, second.engine);
  assert.deepEqual([again('sync').length, again('syncDirectory').length], [count, 0]);
});

test('a stop opens a file once, also where there are more logs than files may be open', async () => {
  const count = 200;
  const env = testEnv();
  const { engine, logs } = await open(env, { count, openFilesMax: 100 });
  await append(logs, TIME);
  const opened = (await callsOfStop(env, engine))('open').filter((path) => path.endsWith('.log'));
  assert.ok(opened.length > count / 2);
  assert.deepEqual(opened, [...new Set(opened)]);
});

test('what cannot be written of an index at the stop keeps no record from becoming durable', async () => {
  const env = testEnv();
  const { engine, logs } = await open(env, { count: 10 });
  await append(logs, TIME);
  const synced: string[] = [];
  env.disk.judge = ({ kind, path }) => {
    if (kind === 'sync' && path.endsWith('.log')) synced.push(path);
    return kind === 'write' && path.endsWith('.timeindex') ? { kind: 'fault', fault: 'io' } : { kind: 'ok' };
  };
  await assert.rejects(engine.close(), DiskFault);
  // The others were synced when they were appended to.
  assert.ok(synced.length >= logs.length - 2);
});

test('a power loss after a clean stop leaves a new log whole, whatever it leaves of the indexes', async () => {
  // More entries than a sector holds.
  const records = 60;
  const settings = logSettings({ indexIntervalBytes: 0 });
  for (let seed = 1; seed <= 10; seed += 1) {
    const env = testEnv(seed);
    const { engine, logs } = await open(env, { count: 3, settings });
    for (let offset = 0; offset < records; offset += 1) await append(logs, TIME + offset);
    await engine.close();
    env.disk.crash();
    const after = nextProcess(env, testEnv());
    const second = await open(after, { count: 3, settings });
    for (const log of second.logs) {
      assert.equal(log.endOffset, records);
      for (let offset = 0; offset < records; offset += 1) {
        const timestamp = TIME + offset;
        const found = await log.offsetForTimestamp({ timestamp, endOffset: records });
        assert.deepEqual(found, { timestamp, offset, leaderEpoch: 0 }, `seed ${seed}`);
      }
    }
  }
});
