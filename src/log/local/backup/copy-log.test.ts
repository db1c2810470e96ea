/** A log is copied as it was at the cut, whatever becomes of its files meanwhile. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type TestEnv, testEnv } from '../../../../sim/test-env.ts';
import { appendKeyed, compactionRequest, recordsIn } from '../../compaction/compaction.fixture.ts';
import { appendTo, batchAt, logId, logSettings } from '../../log.fixture.ts';
import type { LogSettings, PartitionLog } from '../../log-engine.ts';
import { startEngine } from '../local-engine.fixture.ts';
import { LocalLogEngine } from '../local-engine.ts';
import { formatOffsets } from '../offset-checkpoint.ts';
import { replaceFile } from '../small-files.ts';
import { copyLog } from './copy-log.ts';
import type { LogCut, SegmentCut } from './log-cut.ts';
import type { CopiedLog } from './manifest.ts';

const DELAY_MS = 60_000;

interface Fixture {
  readonly env: TestEnv;
  readonly engine: LocalLogEngine;
  readonly log: PartitionLog;
}

/** A log with segments of three or four batches. */
async function openLog(settings: Partial<LogSettings> = {}): Promise<Fixture> {
  const env = testEnv();
  const engine = await startEngine(env);
  const small = { segmentBytes: 400, indexIntervalBytes: 100, fileDeleteDelayMs: DELAY_MS, ...settings };
  return { env, engine, log: await engine.open(logId(), logSettings(small)) };
}

async function append(fixture: Fixture, count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) appendTo(fixture.log, {});
  await written(fixture);
}

/** Also: complete segments are synced. */
async function written({ env, log }: Fixture): Promise<void> {
  while (log.writtenOffset < log.endOffset) await env.clock.advance(1);
  await env.clock.advance(10);
}

async function cutOf({ engine }: Fixture): Promise<LogCut> {
  const [cut] = await engine.cut();
  assert.ok(cut !== undefined);
  return cut;
}

const copy = ({ env }: Fixture, cut: LogCut) => copyLog({ disk: env.disk, cut, root: 'data', target: 'backup' });

async function copied(fixture: Fixture, cut: LogCut): Promise<CopiedLog> {
  const result = await copy(fixture, cut);
  assert.equal(result.kind, 'copied');
  return result.kind === 'copied' ? result.log : assert.fail();
}

/** What a broker finds that opens the copy. */
async function openCopy({ env }: Fixture, { startOffset, endOffset }: CopiedLog): Promise<PartitionLog> {
  await replaceFile(
    env.disk,
    'backup/log-start-offset-checkpoint',
    formatOffsets(new Map([['orders-0', startOffset]])),
  );
  const engine = await LocalLogEngine.start({ env, root: 'backup', checkpointIntervalMs: () => 60_000 });
  const log = await engine.open(logId(), logSettings({ cleanupPolicy: ['compact'] }));
  assert.deepEqual([log.startOffset, log.endOffset], [startOffset, endOffset]);
  return log;
}

test('what was written before the cut is there, and nothing after it; complete segments are shared', async () => {
  const fixture = await openLog();
  await append(fixture, 10);
  const cut = await cutOf(fixture);
  assert.ok(cut.segments.length > 2 && cut.segments.at(-1)?.isComplete === false);
  await append(fixture, 10);
  const log = await copied(fixture, cut);
  assert.deepEqual(
    log.files.map(({ isLinked }) => isLinked),
    cut.segments.map(({ isComplete }) => isComplete),
  );
  const opened = await openCopy(fixture, log);
  assert.equal(opened.endOffset, 10);
  assert.equal((await recordsIn(opened)).length, 10);
});

test('a batch that is appended and not yet written is in the cut, and in its file before anybody is told', async () => {
  const fixture = await openLog();
  await append(fixture, 2);
  fixture.log.append(batchAt(2, {}));
  const cut = await cutOf(fixture);
  assert.equal(cut.endOffset, 3);
  assert.equal((await copied(fixture, cut)).endOffset, 3);
});

test('what is appended after the cut is not in it', async () => {
  const fixture = await openLog();
  await append(fixture, 2);
  const cutting = cutOf(fixture);
  appendTo(fixture.log, {});
  const cut = await cutting;
  assert.equal(cut.endOffset, 2);
  await written(fixture);
  assert.equal((await copied(fixture, cut)).endOffset, 2);
});

test('where files cannot be shared they are copied', async () => {
  const fixture = await openLog();
  fixture.env.disk.sharesFiles = false;
  await append(fixture, 10);
  const log = await copied(fixture, await cutOf(fixture));
  assert.ok(log.files.every(({ isLinked }) => !isLinked));
  assert.equal((await recordsIn(await openCopy(fixture, log))).length, 10);
});

test('a tail whose segment became complete meanwhile ends where it did at the cut', async () => {
  const fixture = await openLog();
  await append(fixture, 1);
  const cut = await cutOf(fixture);
  await append(fixture, 10);
  const log = await copied(fixture, cut);
  assert.deepEqual([log.endOffset, log.files.length], [1, 1]);
  await openCopy(fixture, log);
});

/** Keys whose only values are old, and a key that changes all the time. */
async function keyedLog(fixture: Fixture): Promise<void> {
  for (const key of ['a', 'b', 'c']) appendKeyed(fixture.log, [`${key}=old`, 'x=0']);
  for (let n = 1; n <= 6; n += 1) appendKeyed(fixture.log, [`x=${n}`, `y=${n}`]);
  await written(fixture);
}

/** Makes everything older superfluous, and takes it away. */
async function supersede(fixture: Fixture): Promise<void> {
  for (let n = 0; n < 6; n += 1) appendKeyed(fixture.log, ['a=new', 'b=new', 'c=new', 'x=new', 'y=new']);
  await written(fixture);
  const compacting = fixture.log.compact(compactionRequest(fixture.log));
  await fixture.env.clock.advance(100);
  assert.ok(await compacting);
}

test('compaction after the cut takes nothing out of the copy', async () => {
  for (const sharesFiles of [true, false]) {
    const fixture = await openLog({ cleanupPolicy: ['compact'] });
    fixture.env.disk.sharesFiles = sharesFiles;
    await keyedLog(fixture);
    const before = await recordsIn(fixture.log);
    const cut = await cutOf(fixture);
    await supersede(fixture);
    const now = await recordsIn(fixture.log);
    assert.ok(
      before.some((record) => !now.includes(record)),
      'compaction has taken something',
    );
    const opened = await openCopy(fixture, await copied(fixture, cut));
    assert.deepEqual(await recordsIn(opened), before);
  }
});

test('a segment is not taken for what it was because it has the same length', async () => {
  const fixture = await openLog({ cleanupPolicy: ['compact'], segmentBytes: 300 });
  const update = async (): Promise<void> => {
    for (const key of ['a', 'b', 'c', 'd']) appendKeyed(fixture.log, [`${key}=1`]);
    await written(fixture);
  };
  const compact = async (): Promise<void> => {
    const compacting = fixture.log.compact(compactionRequest(fixture.log));
    await fixture.env.clock.advance(100);
    assert.ok(await compacting);
  };
  for (let n = 0; n < 4; n += 1) await update();
  await compact();
  const before = await recordsIn(fixture.log);
  const cut = await cutOf(fixture);
  for (let n = 0; n < 4; n += 1) await update();
  await compact();
  const after = await cutOf(fixture);
  const isLike = ({ baseOffset, bytes }: SegmentCut) =>
    after.segments.some((other) => other.baseOffset === baseOffset && other.bytes === bytes);
  assert.ok(cut.segments.some(isLike), 'the lengths are the same');
  const copied = await copy(fixture, cut);
  // Two compactions under one name leave nothing of the cut; to know that is enough.
  if (copied.kind === 'copied') assert.deepEqual(await recordsIn(await openCopy(fixture, copied.log)), before);
  else assert.equal(copied.kind, 'changed');
});

test('a tail that was compacted since is not taken for what it was, although a batch ends at the same place', async () => {
  const fixture = await openLog({ cleanupPolicy: ['compact'] });
  appendKeyed(fixture.log, ['p=1']);
  await written(fixture);
  const cut = await cutOf(fixture);
  for (const text of ['q=1', 'p=2', 'r=1', 'r=2', 'r=3', 'r=4', 'r=5', 'r=6', 'r=7']) appendKeyed(fixture.log, [text]);
  await written(fixture);
  const compacting = fixture.log.compact(compactionRequest(fixture.log));
  await fixture.env.clock.advance(100);
  assert.ok(await compacting);
  assert.equal((await recordsIn(fixture.log))[0], '1:q=1');
  assert.deepEqual(await recordsIn(await openCopy(fixture, await copied(fixture, cut))), ['0:p=1']);
});

test('a log whose old files are gone after a compaction has changed, and is not copied in part', async () => {
  const fixture = await openLog({ cleanupPolicy: ['compact'] });
  await keyedLog(fixture);
  const cut = await cutOf(fixture);
  await supersede(fixture);
  await fixture.env.clock.advance(DELAY_MS);
  assert.deepEqual(await copy(fixture, cut), { kind: 'changed' });
});

test('records that retention has deleted since the cut are in the copy as long as their files are', async () => {
  const fixture = await openLog();
  await append(fixture, 12);
  const cut = await cutOf(fixture);
  await fixture.log.advanceStart(8);
  await fixture.env.clock.advance(10);
  assert.equal((await copied(fixture, cut)).startOffset, 0);
});

test('when their files are gone, the copy begins behind them', async () => {
  const fixture = await openLog();
  await append(fixture, 12);
  const cut = await cutOf(fixture);
  await fixture.log.advanceStart(8);
  await fixture.env.clock.advance(DELAY_MS + 10);
  const log = await copied(fixture, cut);
  assert.ok(log.startOffset > 0 && log.startOffset <= 8, `it begins at ${log.startOffset}`);
  assert.equal((await openCopy(fixture, log)).endOffset, 12);
});

test('a log start beyond the cut gives an empty log there', async () => {
  const fixture = await openLog();
  await append(fixture, 5);
  const cut = await cutOf(fixture);
  await append(fixture, 15);
  await fixture.log.advanceStart(18);
  await fixture.env.clock.advance(DELAY_MS + 10);
  const log = await copied(fixture, cut);
  assert.deepEqual([log.startOffset, log.endOffset, log.files], [18, 18, []]);
  await openCopy(fixture, log);
});

test('an empty log is copied as an empty log', async () => {
  const fixture = await openLog();
  const log = await copied(fixture, await cutOf(fixture));
  assert.deepEqual([log.startOffset, log.endOffset, log.files], [0, 0, []]);
  await openCopy(fixture, log);
});

test('a log that was deleted meanwhile, or made anew, is left out', async () => {
  for (const isMadeAnew of [false, true]) {
    const fixture = await openLog();
    await append(fixture, 5);
    const cut = await cutOf(fixture);
    await fixture.log.close();
    await fixture.engine.remove(logId());
    if (isMadeAnew) {
      const log = await fixture.engine.open(logId({ topicId: 'BBBBBBBBBBBBBBBBBBBBBQ' }), logSettings());
      await append({ ...fixture, log }, 5);
    }
    assert.deepEqual(await copy(fixture, cut), { kind: 'deleted' });
    assert.equal(await fixture.env.disk.stat('backup/orders-0'), undefined);
  }
});
