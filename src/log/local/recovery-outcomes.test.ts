/** What opening a log makes of each kind of damage: the table of outcomes in docs/storage.md, row by row. Fails when invariants I30 and I31 do not hold. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextProcess, type TestEnv, testEnv } from '../../../sim/test-env.ts';
import { present } from '../../base/assert.ts';
import { DiskFault } from '../../base/faults.ts';
import { batches } from '../../protocol/batch/iterate.ts';
import { appendTo, logId, logSettings, whenProgress } from '../log.fixture.ts';
import type { PartitionLog } from '../log-engine.ts';
import { LogCorrupt } from '../log-faults.ts';
import { fileName, LOG, OFFSET_INDEX, TIME_INDEX } from './file-names.ts';
import { startEngine } from './local-engine.fixture.ts';

const DIRECTORY = 'data/orders-0';
const BATCHES = 12;
const PER_SEGMENT = 4;
/** What one batch of the fixture takes. */
const BATCH_BYTES = batchBytes();
const settings = logSettings({ segmentBytes: PER_SEGMENT * BATCH_BYTES, indexIntervalBytes: 0 });

function batchBytes(): number {
  // A header of 61 bytes and one record of 20 bytes with its lengths.
  return 61 + 27;
}

/**
 * A log of twelve batches in three segments, with a new epoch every three batches, all durable. `checkpointed`: all but the last segment lie below the
 * recovery point; otherwise everything is in doubt after a crash.
 */
async function written(options: { stop: 'clean' | 'crash'; checkpointed: boolean }): Promise<TestEnv> {
  const env = testEnv();
  const engine = await startEngine(env);
  const log = await engine.open(logId(), settings);
  for (let index = 0; index < BATCHES; index += 1) {
    const bytes = appendTo(log, { leaderEpoch: Math.floor(index / 3), timestamp: 1_700_000_000_000 + index });
    assert.equal(bytes.byteLength, BATCH_BYTES);
  }
  log.requestSync();
  await whenProgress(log, () => log.durableOffset === BATCHES);
  if (options.checkpointed) await env.clock.advance(10_000);
  if (options.stop === 'clean') {
    await log.close();
    await engine.close();
  }
  return nextProcess(env, testEnv(2));
}

function file(env: TestEnv, baseOffset: number, suffix: string) {
  return present(env.disk.file(`${DIRECTORY}/${fileName(baseOffset, suffix)}`), 'the file is there');
}

async function overwrite(env: TestEnv, path: string, content: string | Uint8Array): Promise<void> {
  const opened = await env.disk.open(path, 'create');
  await opened.truncate(0);
  await opened.write([Buffer.from(content)], 0);
  await opened.close();
}

interface Seen {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly epochs: string;
  readonly offsets: readonly number[];
  readonly timestampOf5: number | undefined;
  readonly maxTimestamp: number | undefined;
  readonly snapshot: string | undefined;
}

/** All that a client can see of a log. */
async function seen(log: PartitionLog): Promise<Seen> {
  const offsets: number[] = [];
  for (let offset = log.startOffset; offset < log.endOffset; ) {
    const slice = await log.read({ offset, endOffset: log.endOffset, bytesMax: 200, atLeastOneBatch: true });
    if (slice.bytes === 0) break;
    for (const part of slice.parts) for (const batch of batches(part)) offsets.push(Number(batchOffset(batch)));
    offset = slice.nextOffset;
  }
  const of5 = await log.offsetForTimestamp({ timestamp: 1_700_000_000_005, endOffset: log.endOffset });
  return {
    startOffset: log.startOffset,
    endOffset: log.endOffset,
    epochs: log.leaderEpochs.map(({ epoch, startOffset }) => `${epoch}@${startOffset}`).join(' '),
    offsets,
    timestampOf5: of5?.offset,
    maxTimestamp: (await log.offsetOfMaxTimestamp())?.offset,
    snapshot: (await log.latestSnapshot(String))?.state,
  };
}

function batchOffset(batch: Uint8Array): bigint {
  return Buffer.from(batch.buffer, batch.byteOffset, 8).readBigInt64BE();
}

const whole: Seen = {
  startOffset: 0,
  endOffset: BATCHES,
  epochs: '0@0 1@3 2@6 3@9',
  offsets: Array.from({ length: BATCHES }, (_, index) => index),
  timestampOf5: 5,
  maxTimestamp: 11,
  snapshot: undefined,
};

async function openedAgain(env: TestEnv): Promise<Seen> {
  const engine = await startEngine(env);
  const result = await seen(await engine.open(logId(), settings));
  await engine.close();
  return result;
}

function told(env: TestEnv, level: 'warn' | 'error'): readonly string[] {
  return env.logger.lines.filter((line) => line.level === level).map(({ message }) => message);
}

function rangeTold(env: TestEnv, message: string): unknown {
  const fields: Readonly<Record<string, unknown>> = {
    ...env.logger.lines.find((line) => line.message === message)?.fields,
  };
  return [fields['fromOffset'], fields['toOffset']];
}

const LOST = 'acknowledged records are lost: they were on the disk and are not any more';
const PART = 'a part of a log cannot be read: its bytes are damaged';

for (const stop of ['clean', 'crash'] as const) {
  for (const checkpointed of [false, true]) {
    const where = `after a ${stop} stop, ${checkpointed ? 'with' : 'without'} a checkpoint`;

    test(`without indexes, snapshots and leader epochs a log is the same (${where})`, async () => {
      const env = await written({ stop, checkpointed });
      for (const { name } of await env.disk.list(DIRECTORY)) {
        if (!name.endsWith(LOG) && name !== 'partition.metadata') await env.disk.remove(`${DIRECTORY}/${name}`);
      }
      assert.deepEqual(await openedAgain(env), whole);
      assert.deepEqual(told(env, 'error'), []);
    });

    for (const [what, damage] of Object.entries(indexDamages())) {
      test(`${what} costs time, not records (${where})`, async () => {
        const env = await written({ stop, checkpointed });
        for (const baseOffset of [0, PER_SEGMENT, 2 * PER_SEGMENT]) await damage(env, baseOffset);
        assert.deepEqual(await openedAgain(env), whole);
        assert.deepEqual(told(env, 'error'), []);
      });
    }

    test(`a checkpoint of recovery points that is empty or absurd costs time, not records (${where})`, async () => {
      for (const content of [
        '',
        '0\n1\norders 0 -7\n',
        'nonsense',
        '0\n9\norders 0 3\n',
        '0\n1\norders 0 99999999999999999999\n',
      ]) {
        const env = await written({ stop, checkpointed });
        await overwrite(env, 'data/recovery-point-offset-checkpoint', content);
        assert.deepEqual(await openedAgain(env), whole, content);
      }
    });

    test(`a leader epoch file that is empty or absurd is made anew (${where})`, async () => {
      for (const content of ['', '0\n2\n5 0\n3 4\n', '1\n0\n', '0\n1\n0 x\n']) {
        const env = await written({ stop, checkpointed });
        await overwrite(env, `${DIRECTORY}/leader-epoch-checkpoint`, content);
        assert.deepEqual(await openedAgain(env), whole, content);
      }
    });

    test(`partition.metadata that is missing or torn is written again (${where})`, async () => {
      for (const content of [undefined, '', 'version: 0\ntopic_id: AAAA']) {
        const env = await written({ stop, checkpointed });
        const path = `${DIRECTORY}/partition.metadata`;
        if (content === undefined) await env.disk.remove(path);
        else await overwrite(env, path, content);
        assert.deepEqual(await openedAgain(env), whole, content ?? 'absent');
        const engine = await startEngine(env);
        assert.equal((await engine.list()).length, 1);
      }
    });
  }
}

/** Each leaves the indexes of one segment in a state that no program wrote. */
function indexDamages(): Readonly<Record<string, (env: TestEnv, baseOffset: number) => Promise<void>>> {
  const both = [OFFSET_INDEX, TIME_INDEX];
  const entryBytes = (suffix: string) => (suffix === OFFSET_INDEX ? 8 : 12);
  const each = (change: (env: TestEnv, baseOffset: number, suffix: string) => Promise<void> | void) => {
    return async (env: TestEnv, baseOffset: number) => {
      // The active segment's are not written yet after a crash.
      for (const suffix of both)
        if (env.disk.file(`${DIRECTORY}/${fileName(baseOffset, suffix)}`)) await change(env, baseOffset, suffix);
    };
  };
  return {
    'an empty index': each((env, baseOffset, suffix) => file(env, baseOffset, suffix).truncate(0)),
    'a torn index': each((env, baseOffset, suffix) => file(env, baseOffset, suffix).truncate(entryBytes(suffix) + 3)),
    'an index of zeros': each((env, baseOffset, suffix) => {
      const index = file(env, baseOffset, suffix);
      index.write(0, Buffer.alloc(index.bytes));
    }),
    'an oversized index': each((env, baseOffset, suffix) => {
      const index = file(env, baseOffset, suffix);
      index.truncate(entryBytes(suffix) * 1_000);
    }),
    'an index of another segment': each((env, baseOffset, suffix) => {
      const index = file(env, baseOffset, suffix);
      index.write(0, Buffer.alloc(index.bytes, 0x7f));
    }),
  };
}

test('a torn tail is cut, and what is before it stays', async () => {
  const env = await written({ stop: 'crash', checkpointed: false });
  file(env, 8, LOG).truncate(3 * BATCH_BYTES - 10);
  assert.deepEqual((await openedAgain(env)).offsets, whole.offsets.slice(0, 10));
  assert.deepEqual(told(env, 'warn'), ['a torn tail was cut off a log']);
});

test('a hole, or a bit that fell over, above the recovery point ends the log there; what lies behind is kept aside and told', async () => {
  for (const damage of ['hole', 'flip'] as const) {
    const env = await written({ stop: 'crash', checkpointed: false });
    if (damage === 'hole') file(env, 4, LOG).write(2 * BATCH_BYTES, Buffer.alloc(BATCH_BYTES));
    else file(env, 4, LOG).corrupt(2 * BATCH_BYTES + 70);
    assert.deepEqual((await openedAgain(env)).offsets, [0, 1, 2, 3, 4, 5]);
    assert.deepEqual(told(env, 'warn'), ['a torn tail was cut off a log']);
    assert.deepEqual(told(env, 'error'), ['a segment behind a gap is taken out of the log']);
    const names = (await env.disk.list(DIRECTORY)).map(({ name }) => name);
    assert.ok(names.includes(`${fileName(8, LOG)}.lost`));
  }
});

test('what was kept aside stays aside when the power goes, whatever names the disk has kept', async () => {
  const setAside: Readonly<Record<string, (env: TestEnv) => Promise<void>>> = {
    'behind a gap': async (env) => file(env, 0, LOG).corrupt(70),
    'no swap': (env) => overwrite(env, `${DIRECTORY}/${fileName(4, LOG)}.swap`, 'of another program'),
  };
  for (const [what, damage] of Object.entries(setAside)) {
    const env = await written({ stop: 'crash', checkpointed: false });
    await damage(env);
    await (await startEngine(env)).open(logId(), settings);
    const names = async () =>
      (await env.disk.list(DIRECTORY)).map(({ name }) => name).filter((name) => /lost/.test(name));
    const before = await names();
    assert.ok(before.length > 0, what);
    env.disk.crash();
    const after = nextProcess(env);
    const left = (await after.disk.list(DIRECTORY)).map(({ name }) => name);
    assert.deepEqual(
      before.filter((name) => !left.includes(name)),
      [],
      what,
    );
  }
});

test('a part of what was durable that is gone is told with its range', async () => {
  const env = await written({ stop: 'crash', checkpointed: true });
  file(env, 8, LOG).truncate(BATCH_BYTES + 10);
  assert.deepEqual((await openedAgain(env)).endOffset, 9);
  assert.deepEqual(rangeTold(env, LOST), [9, 12]);
});

test('a bit that fell over in the records of a cold segment is served as it is: the checksum is for the client to check', async () => {
  for (const stop of ['clean', 'crash'] as const) {
    const env = await written({ stop, checkpointed: true });
    file(env, 4, LOG).corrupt(BATCH_BYTES + 70);
    assert.deepEqual(await openedAgain(env), whole);
  }
});

test('a log that must be whole is not opened, and left as it is, when it lacks what was durable', async () => {
  const losses: Record<string, (env: TestEnv) => unknown> = {
    'a torn end': (env) => file(env, 8, LOG).truncate(BATCH_BYTES + 10),
    'a missing end': (env) => file(env, 8, LOG).truncate(BATCH_BYTES),
    'an empty segment': (env) => file(env, 8, LOG).truncate(0),
    'a missing segment': (env) => env.disk.remove(`${DIRECTORY}/${fileName(8, LOG)}`),
    'a missing directory': (env) => env.disk.removeTree(DIRECTORY),
  };
  for (const [what, lose] of Object.entries(losses)) {
    for (const stop of ['clean', 'crash'] as const) {
      const env = await written({ stop, checkpointed: true });
      await lose(env);
      const left = env.disk.file(`${DIRECTORY}/${fileName(8, LOG)}`)?.bytes;
      const refused = { name: 'LogCorrupt', message: /the offsets \d+ to 11 are damaged/ };
      for (const start of [1, 2]) {
        const engine = await startEngine(nextProcess(env), { mustBeWhole: () => true });
        await assert.rejects(engine.open(logId(), settings), refused, `${what}, ${stop}, start ${start}`);
        await engine.close();
      }
      assert.equal(env.disk.file(`${DIRECTORY}/${fileName(8, LOG)}`)?.bytes, left, what);
    }
  }
});

test('nor when a batch is damaged that a crash makes somebody look at', async () => {
  const env = await written({ stop: 'crash', checkpointed: true });
  file(env, 8, LOG).corrupt(BATCH_BYTES + 70);
  for (const suffix of [OFFSET_INDEX, TIME_INDEX]) await env.disk.remove(`${DIRECTORY}/${fileName(8, suffix)}`);
  const engine = await startEngine(env, { mustBeWhole: () => true });
  await assert.rejects(engine.open(logId(), settings), {
    name: 'LogCorrupt',
    message: /the offsets 9 to 11 are damaged/,
  });
  assert.equal(file(env, 8, LOG).bytes, PER_SEGMENT * BATCH_BYTES);
});

test('a batch with an impossible header is not served, told once, and takes nothing else along', async () => {
  const header = { baseOffset: 0, length: 8, magic: 16, lastOffsetDelta: 23 };
  for (const [field, at] of Object.entries(header)) {
    const env = await written({ stop: 'clean', checkpointed: true });
    const segment = file(env, 4, LOG);
    segment.write(BATCH_BYTES + at, Uint8Array.of(0x7f));
    const engine = await startEngine(env);
    const log = await engine.open(logId(), settings);
    const read = (offset: number) => log.read({ offset, endOffset: BATCHES, bytesMax: 10_000, atLeastOneBatch: true });
    assert.equal((await read(4)).nextOffset, 5, field);
    for (let times = 0; times < 3; times += 1) {
      await assert.rejects(async () => read(5), LogCorrupt, field);
    }
    assert.deepEqual(told(env, 'error'), ['a segment cannot be read']);
    assert.equal((await read(8)).nextOffset, 12, field);
    assert.equal((await read(0)).nextOffset, 4, field);
    await engine.close();
  }
});

test('a damaged cold segment whose indexes are made anew is not cut, and the segments behind it stay', async () => {
  for (const [what, at] of [
    ['records', 70],
    ['header', 8],
  ] as const) {
    const env = await written({ stop: 'crash', checkpointed: true });
    file(env, 4, LOG).write(BATCH_BYTES + at, Uint8Array.of(0x7f));
    await env.disk.remove(`${DIRECTORY}/${fileName(4, OFFSET_INDEX)}`);
    const engine = await startEngine(env);
    const log = await engine.open(logId(), settings);
    assert.equal(log.endOffset, BATCHES);
    assert.equal(file(env, 4, LOG).bytes, PER_SEGMENT * BATCH_BYTES);
    if (what === 'records') assert.deepEqual(told(env, 'error'), ['a batch of a log is not what was written']);
    else assert.deepEqual([told(env, 'error'), rangeTold(env, PART)], [[PART], [5, 8]]);
    const slice = await log.read({ offset: 8, endOffset: BATCHES, bytesMax: 10_000, atLeastOneBatch: true });
    assert.equal(slice.nextOffset, BATCHES);
    await engine.close();
  }
});

test('a cold segment that is shorter than at the clean stop cannot be read where its records are missing, and is told', async () => {
  const env = await written({ stop: 'clean', checkpointed: true });
  file(env, 4, LOG).truncate(BATCH_BYTES);
  const engine = await startEngine(env);
  const log = await engine.open(logId(), settings);
  const read = (offset: number) => log.read({ offset, endOffset: BATCHES, bytesMax: 10_000, atLeastOneBatch: true });
  assert.equal((await read(4)).nextOffset, 5);
  await assert.rejects(async () => read(5), LogCorrupt);
  assert.deepEqual(told(env, 'error'), ['a segment cannot be read']);
  assert.equal((await read(8)).nextOffset, BATCHES);
  await engine.close();
});

test('a zero-byte segment below the recovery point is told with its range when it is read', async () => {
  const env = await written({ stop: 'crash', checkpointed: true });
  for (const suffix of [LOG, OFFSET_INDEX, TIME_INDEX]) file(env, 4, suffix).truncate(0);
  assert.deepEqual((await openedAgain(env)).offsets, [0, 1, 2, 3, 8, 9, 10, 11]);
  const message = 'records are missing in a segment: readers go on behind them';
  assert.deepEqual([told(env, 'error'), rangeTold(env, message)], [[message], [4, 8]]);
});

test('a zero-byte segment at the end is the one that takes the next batch', async () => {
  const env = await written({ stop: 'crash', checkpointed: false });
  await overwrite(env, `${DIRECTORY}/${fileName(BATCHES, LOG)}`, '');
  assert.deepEqual(await openedAgain(env), whole);
});

test('a segment that overlaps the one before it, above the recovery point, is kept aside and told', async () => {
  const env = await written({ stop: 'crash', checkpointed: false });
  await env.disk.rename(`${DIRECTORY}/${fileName(8, LOG)}`, `${DIRECTORY}/${fileName(6, LOG)}`);
  assert.deepEqual((await openedAgain(env)).offsets, whole.offsets.slice(0, 8));
  assert.deepEqual(told(env, 'error'), ['a segment behind a gap is taken out of the log']);
});

test('a log start that is absurd keeps the segments aside and is told; a damaged file of log starts is told', async () => {
  const absurd = await written({ stop: 'crash', checkpointed: true });
  await overwrite(absurd, 'data/log-start-offset-checkpoint', '0\n1\norders 0 500\n');
  const begunAnew = await openedAgain(absurd);
  assert.deepEqual([begunAnew.startOffset, begunAnew.endOffset], [500, 500]);
  assert.ok(told(absurd, 'error').includes('a log ends before its start and begins anew there'));
  const damaged = await written({ stop: 'crash', checkpointed: true });
  await overwrite(damaged, 'data/log-start-offset-checkpoint', 'x');
  assert.deepEqual(await openedAgain(damaged), whole);
  assert.deepEqual(told(damaged, 'error'), [
    'the log start offsets are damaged: deleted records may be readable again',
  ]);
});

test('what a deletion has left below the start goes in silence, also when a crash has torn it', async () => {
  const env = await written({ stop: 'crash', checkpointed: true });
  await overwrite(env, 'data/log-start-offset-checkpoint', `0\n1\norders 0 ${BATCHES}\n`);
  file(env, 8, LOG).truncate(150);
  const opened = await openedAgain(env);
  assert.deepEqual([opened.startOffset, opened.endOffset], [BATCHES, BATCHES]);
  assert.deepEqual(told(env, 'error'), []);
  const names = (await env.disk.list(DIRECTORY)).map(({ name }) => name);
  assert.ok(!names.some((name) => name.startsWith('0000000000000000000') && name.includes(LOG)), names.join());
});

test('a log whose beginning is deleted, and of which a crash has left only later segments, was never acknowledged behind its start', async () => {
  const env = await written({ stop: 'crash', checkpointed: false });
  await overwrite(env, 'data/log-start-offset-checkpoint', '0\n1\norders 0 3\n');
  await env.disk.remove(`${DIRECTORY}/${fileName(0, LOG)}`);
  const opened = await openedAgain(env);
  assert.deepEqual([opened.startOffset, opened.endOffset], [3, 3]);
  const taken = 'a segment behind a gap is taken out of the log';
  assert.deepEqual(told(env, 'error'), [taken, taken]);
});

test('a log that begins where its epochs do had its beginning deleted, also when no checkpoint came with it', async () => {
  const env = await written({ stop: 'crash', checkpointed: true });
  for (const name of ['recovery-point-offset-checkpoint', 'log-start-offset-checkpoint']) {
    await env.disk.remove(`data/${name}`);
  }
  await env.disk.remove(`${DIRECTORY}/${fileName(0, LOG)}`);
  await overwrite(env, `${DIRECTORY}/leader-epoch-checkpoint`, '0\n3\n1 4\n2 6\n3 9\n');
  assert.deepEqual((await openedAgain(env)).offsets, whole.offsets.slice(4));
  assert.deepEqual(told(env, 'error'), []);
});

test('a beginning that was durable and is gone is told with its range, and what comes behind it stays', async () => {
  const env = await written({ stop: 'crash', checkpointed: true });
  await overwrite(env, 'data/log-start-offset-checkpoint', '0\n1\norders 0 3\n');
  await env.disk.remove(`${DIRECTORY}/${fileName(0, LOG)}`);
  assert.deepEqual((await openedAgain(env)).offsets, whole.offsets.slice(4));
  assert.deepEqual(rangeTold(env, LOST), [3, 4]);
});

test('a log whose directory is gone begins anew, and what is lost is told', async () => {
  const env = await written({ stop: 'crash', checkpointed: true });
  await env.disk.removeTree(DIRECTORY);
  assert.equal((await openedAgain(env)).endOffset, 0);
  const message = 'the directory of a log is gone: its records are lost';
  assert.deepEqual([told(env, 'error'), rangeTold(env, message)], [[message], [0, 12]]);
});

test('files on their way out, and half-written ones, are gone after the opening', async () => {
  const env = await written({ stop: 'crash', checkpointed: true });
  await overwrite(env, `${DIRECTORY}/${fileName(0, LOG)}.deleted`, 'x');
  await overwrite(env, `${DIRECTORY}/leader-epoch-checkpoint.tmp`, 'x');
  await overwrite(env, `${DIRECTORY}/${fileName(3, OFFSET_INDEX)}`, 'x');
  assert.deepEqual(await openedAgain(env), whole);
  const names = (await env.disk.list(DIRECTORY)).map(({ name }) => name);
  assert.deepEqual(
    names.filter((name) => /deleted|tmp$|^0*3\./.test(name)),
    [],
  );
});

/** As it is found when a swap was cut off: `batches` of the log from `from` on, beside its segments. */
async function withSwap(bytesOf: (log: Buffer) => Uint8Array, baseOffset: number): Promise<TestEnv> {
  const env = await written({ stop: 'crash', checkpointed: true });
  const all = Buffer.alloc(BATCHES * BATCH_BYTES);
  for (const base of [0, PER_SEGMENT, 2 * PER_SEGMENT]) {
    file(env, base, LOG).read(all.subarray(base * BATCH_BYTES, (base + PER_SEGMENT) * BATCH_BYTES), 0);
  }
  await overwrite(env, `${DIRECTORY}/${fileName(baseOffset, LOG)}.swap`, bytesOf(all));
  await overwrite(env, `${DIRECTORY}/${fileName(baseOffset, OFFSET_INDEX)}.swap`, '');
  return env;
}

const part = (log: Buffer, from: number, to: number) => log.subarray(from * BATCH_BYTES, to * BATCH_BYTES);

test('a compacted segment that is whole replaces the segments that it covers', async () => {
  const env = await withSwap((log) => Buffer.concat([part(log, 1, 3), part(log, 7, 8)]), 0);
  assert.deepEqual((await openedAgain(env)).offsets, [1, 2, 7, 8, 9, 10, 11]);
  assert.deepEqual(told(env, 'error'), []);
});

const misfits: Readonly<Record<string, readonly [(log: Buffer) => Uint8Array, number]>> = {
  'is empty': [() => new Uint8Array(), 4],
  'is no segment': [() => Buffer.from('of another program'), 4],
  'is torn': [(log) => log.subarray(4 * BATCH_BYTES, 8 * BATCH_BYTES - 1), 4],
  'has a bit that fell over': [
    (log) => {
      const bytes = Buffer.from(part(log, 4, 8));
      bytes.writeUint8(bytes.readUint8(BATCH_BYTES + 70) ^ 1, BATCH_BYTES + 70);
      return bytes;
    },
    4,
  ],
  'ends before the segment that it would replace': [(log) => part(log, 4, 7), 4],
  'ends within the second segment that it would replace': [(log) => part(log, 4, 10), 4],
  'begins within a segment': [(log) => part(log, 6, 8), 6],
  'has the batches of an earlier one': [(log) => part(log, 0, 8), 4],
};

for (const [what, [bytesOf, baseOffset]] of Object.entries(misfits)) {
  test(`a compacted segment that ${what} is kept aside and told, and replaces nothing`, async () => {
    const env = await withSwap(bytesOf, baseOffset);
    assert.deepEqual(await openedAgain(env), whole);
    assert.deepEqual(told(env, 'error'), ['a compacted segment does not fit into its log and is kept aside']);
    const names = (await env.disk.list(DIRECTORY)).map(({ name }) => name);
    assert.deepEqual(
      names.filter((name) => /swap|lost/.test(name)),
      [`${fileName(baseOffset, LOG)}.swap.lost`],
    );
  });
}

test('a snapshot of lost records is removed', async () => {
  const env = testEnv();
  const engine = await startEngine(env);
  const log = await engine.open(logId(), settings);
  appendTo(log, {});
  await whenProgress(log, () => log.writtenOffset === 1);
  await log.writeSnapshot(1, Buffer.from('state'));
  await log.writeSnapshot(9, Buffer.from('of records that a crash took'));
  const after = nextProcess(env);
  const again = await (await startEngine(after)).open(logId(), settings);
  assert.equal((await again.latestSnapshot(String))?.offset, 1);
  assert.equal(after.disk.file(`${DIRECTORY}/${fileName(9, '.snapshot')}`), undefined);
});

test('a file where a directory should be costs only its own log', async () => {
  const env = await written({ stop: 'clean', checkpointed: true });
  await overwrite(env, 'data/orders-1', 'not a directory');
  const engine = await startEngine(env);
  await assert.rejects(engine.open(logId({ partition: 1 }), settings), DiskFault);
  assert.deepEqual(await seen(await engine.open(logId(), settings)), whole);
  await engine.close();
});

test('recovery on a disk that takes no new bytes finds everything that was durable', async () => {
  const env = await written({ stop: 'crash', checkpointed: true });
  // Records are written over themselves, which needs no room; everything else is refused.
  env.disk.judge = ({ kind, path }) =>
    kind === 'write' && !path.endsWith(LOG) ? { kind: 'fault', fault: 'full' } : { kind: 'ok' };
  env.disk.bytesFree = 0;
  const engine = await startEngine(env);
  const log = await engine.open(logId(), settings);
  assert.deepEqual(await seen(log), whole);
  await engine.close().catch(() => {});
  const after = nextProcess(env);
  assert.deepEqual(await openedAgain(after), whole);
});

test('after a clean stop, opening reads nothing but what the stop has left', async () => {
  const env = await written({ stop: 'clean', checkpointed: true });
  const engine = await startEngine(env);
  const calls: string[] = [];
  env.disk.judge = ({ kind, path }) => {
    calls.push(`${kind} ${path}`);
    return { kind: 'ok' };
  };
  await engine.open(logId(), settings);
  assert.deepEqual(
    calls.map((call) => call.split(' ')[0]),
    ['stat', 'stat', 'stat'],
  );
});
