/** A backup and a restore, each ended by a power loss at each of its disk calls in turn: the target is complete or refused, and nothing else is harmed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Disk } from '../src/base/env.ts';
import { DataDirectoryRefused } from '../src/base/faults.ts';
import { type BackupOptions, backUp } from '../src/log/local/backup/back-up.ts';
import { readManifest } from '../src/log/local/backup/manifest.ts';
import { type Restored, restore } from '../src/log/local/backup/restore.ts';
import { refuseBackupAsData } from '../src/log/local/backup/target-directory.ts';
import { checkDirectory, type DirectoryReport, faultsOf } from '../src/log/local/check/check-directory.ts';
import { directoryName } from '../src/log/local/file-names.ts';
import { startEngine } from '../src/log/local/local-engine.fixture.ts';
import { writeMetaProperties } from '../src/log/local/meta-properties.ts';
import { appendTo, logId, logSettings, whenProgress } from '../src/log/log.fixture.ts';
import { ProducerAudit } from '../src/partition/producer-audit.ts';
import type { MemoryDisk } from './memory-disk.ts';
import { nextProcess, type TestEnv, testEnv } from './test-env.ts';
import { untilDeath } from './until-death.ts';

const METADATA = '__cluster_metadata';
const audit = () => new ProducerAudit();

/** A data directory that was stopped cleanly and survives a power loss: a log with several segments and a start, one with a tail alone, metadata. */
async function stoppedBroker(seed: number): Promise<TestEnv> {
  const env = testEnv(seed);
  const engine = await startEngine(env);
  const settings = logSettings({ segmentBytes: 400, indexIntervalBytes: 100, fileDeleteDelayMs: 0 });
  for (const [id, count] of [
    [logId(), 12],
    [logId({ partition: 1 }), 2],
    [logId({ topic: METADATA }), 5],
  ] as const) {
    const log = await engine.open(id, settings);
    for (let n = 0; n < count; n += 1) appendTo(log, {});
    log.requestSync();
    await whenProgress(log, () => log.durableOffset === log.endOffset);
    if (count === 12) await log.advanceStart(5);
    await env.clock.advance(10);
    await log.close();
  }
  await engine.close();
  await writeMetaProperties(env.disk, 'data', { nodeId: 1, clusterId: 'cluster', directoryId: 'directory' });
  env.disk.crash();
  return nextProcess(env);
}

const world = (disk: Disk) => ({ disk, pause: async () => {} });

function options(disk: Disk): BackupOptions {
  return {
    world: world(disk),
    roots: ['data'],
    target: 'backup',
    metadataTopic: METADATA,
    now: () => 0,
    newId: () => 'id',
  };
}

/** Everything in a directory but its lock. */
function contents(disk: MemoryDisk, root: string): ReadonlyMap<string, string> {
  return new Map(
    disk.filesBelow(root).map((path) => {
      const bytes = Buffer.alloc(disk.file(path)?.bytes ?? 0);
      disk.file(path)?.read(bytes, 0);
      return [path, bytes.toString('latin1')] as const;
    }),
  );
}

function restoring(disk: Disk, targets: readonly [string, ...string[]]): Promise<Restored> {
  const newDirectoryId = () => 'other-directory';
  return restore({ world: world(disk), backup: 'backup', targets, metadataTopic: METADATA, audit, newDirectoryId });
}

/** The offsets of a restored backup, which is sound. */
async function restoredOffsets(disk: MemoryDisk, target: string): Promise<readonly (readonly number[])[]> {
  const { reports } = await restoring(disk, [target]);
  assert.deepEqual(reports.flatMap(faultsOf), []);
  await refuseBackupAsData(disk, target);
  return offsetsIn(reports);
}

/** In the order of the logs' names. */
function offsetsIn(reports: readonly DirectoryReport[]): readonly (readonly number[])[] {
  const logs = reports.flatMap((report) => report.logs);
  const named = new Map(logs.map((log) => [directoryName(log), [log.startOffset, log.endOffset]]));
  return [...named.keys()].sort().map((name) => named.get(name) ?? []);
}

function whatRefuses(error: unknown): DataDirectoryRefused {
  assert.ok(error instanceof DataDirectoryRefused);
  return error;
}

const OFFSETS = [
  [0, 5],
  [5, 12],
  [0, 2],
];

/** Each call in turn until one is not reached any more, and the last ones with many chances: what a crash leaves of them decides. */
async function atEachCall(crash: (call: number, seed: number) => Promise<boolean>): Promise<void> {
  let calls = 0;
  while (await crash(calls, calls)) calls += 1;
  for (let call = calls - 8; call < calls; call += 1) {
    for (let seed = 1; seed <= 20; seed += 1) await crash(call, seed);
  }
}

test('a power loss at any call of a backup harms nothing but the backup, which is complete or refused', async () => {
  const outcomes = { complete: 0, refused: 0 };
  await atEachCall(async (call, seed) => {
    const env = await stoppedBroker(seed);
    const before = contents(env.disk, 'data');
    env.disk.judge = ({ sequence }) => ({ kind: sequence === call ? 'crash' : 'ok' });
    await untilDeath(env.disk, backUp(options(env.disk)));
    if (!env.disk.dead) return false;
    const disk = env.disk.restarted(env.clock);
    assert.deepEqual(contents(disk, 'data'), before, `call ${call}`);
    const refusal = await readManifest(disk, 'backup').then(() => undefined, whatRefuses);
    outcomes[refusal === undefined ? 'complete' : 'refused'] += 1;
    if (refusal === undefined) assert.deepEqual(await restoredOffsets(disk, 'restored'), OFFSETS);
    return true;
  });
  assert.ok(outcomes.complete > 0 && outcomes.refused > 50, JSON.stringify(outcomes));
});

for (const targets of [['restored'], ['restored', 'other']] as const) {
  const where = targets.length === 1 ? 'its target, which is' : 'its targets, of which all are complete, or some';
  test(`a power loss at any call of a restore harms nothing but ${where} complete, empty or refused`, async () => {
    const outcomes = { complete: 0, refused: 0 };
    await atEachCall(async (call, seed) => {
      const env = await stoppedBroker(seed);
      await backUp(options(env.disk));
      const before = contents(env.disk, 'backup');
      const first = env.disk.operations;
      env.disk.judge = ({ sequence }) => ({ kind: sequence === first + call ? 'crash' : 'ok' });
      await untilDeath(env.disk, restoring(env.disk, targets));
      if (!env.disk.dead) return false;
      const disk = env.disk.restarted(env.clock);
      assert.deepEqual(contents(disk, 'backup'), before, `call ${call}`);
      const isRefused = await isOneRefused(disk, targets);
      if (isRefused) outcomes.refused += 1;
      if (isRefused || targets.every((target) => contents(disk, target).size === 0)) return true;
      outcomes.complete += 1;
      const reports: DirectoryReport[] = [];
      for (const root of targets) reports.push(await checkDirectory({ world: world(disk), root, audit }));
      assert.deepEqual(reports.flatMap(faultsOf), []);
      assert.deepEqual(offsetsIn(reports), OFFSETS);
      return true;
    });
    assert.ok(outcomes.complete > 0 && outcomes.refused > 50, JSON.stringify(outcomes));
  });
}

/** Then no broker starts on all of them. */
async function isOneRefused(disk: Disk, targets: readonly string[]): Promise<boolean> {
  for (const target of targets) {
    if ((await refuseBackupAsData(disk, target).then(() => undefined, whatRefuses)) !== undefined) return true;
  }
  return false;
}
