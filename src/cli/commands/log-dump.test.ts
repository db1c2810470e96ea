import assert from 'node:assert/strict';
import { appendFile, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { testEnv } from '../../../sim/test-env.ts';
import { LocalLogEngine } from '../../log/local/local-engine.ts';
import { batchAt, logId, logSettings, whenProgress } from '../../log/log.fixture.ts';
import { NodeDisk } from '../../platform/node-disk.ts';
import { buildBatch } from '../../protocol/batch/build.ts';
import { encodeKey, encodeValue } from '../../protocol/records/coordinator-record.ts';
import { OffsetCommit } from '../../protocol/records/group/offset-commit.ts';
import { TopicRecord } from '../../protocol/records/metadata/topic.ts';
import { encodeMetadataRecord } from '../../protocol/records/metadata-record.ts';
import { ExitCode } from '../exit-code.ts';
import { run } from '../run.ts';
import { testShell } from '../testing-shell.ts';

const testdata = new URL('../../log/local/testdata/', import.meta.url);
let directory: string;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ottla-dump-'));
  await cp(new URL('samples-0', testdata), join(directory, 'samples-0'), { recursive: true });
});

after(() => rm(directory, { recursive: true }));

async function dump(...args: readonly string[]) {
  const shell = testShell(['log', 'dump', ...args]);
  const code = await run(shell);
  return { code, output: shell.output(), errors: shell.errors() };
}

async function lines(...path: readonly string[]) {
  const { code, output } = await dump('--json', join(directory, ...path));
  assert.equal(code, ExitCode.OK);
  return output
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

interface KeyAndValue {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
}

async function write(name: string, records: readonly KeyAndValue[]): Promise<string> {
  const file = '00000000000000000000.log';
  await mkdir(join(directory, name));
  const bytes = buildBatch({ records: records.map((record) => ({ timestamp: 7, ...record })), baseOffset: 0 });
  await writeFile(join(directory, name, file), bytes);
  return join(name, file);
}

test('batches and their records, markers of transactions by name', async () => {
  const found = await lines('samples-0', '00000000000000000073.log');
  assert.equal(found[0].kind, 'batch');
  assert.deepEqual([found[0].baseOffset, found[0].position, found[0].compression], [73, 0, 'zstd']);
  const aborted = found.find(({ control }) => control === 'ABORT');
  assert.deepEqual([aborted.offset, aborted.coordinatorEpoch], [97, 0]);
  assert.deepEqual(
    found.filter(({ kind }) => kind === 'record').map(({ offset }) => offset),
    Array.from({ length: 27 }, (_, index) => 73 + index),
  );
});

test('for people, records are set in under their batch', async () => {
  const { output } = await dump(join(directory, 'samples-0', '00000000000000000100.log'));
  assert.match(output, /^\/.*100\.log\nbatch position=0 bytes=\d+ baseOffset=100 /);
  assert.match(output, /^ {2}record offset=111 timestamp=1795363957747 key=tx-open value="still open"$/m);
});

test('records of coordinators and of the metadata log, by name and fields; what cannot be decoded, with the reason', async () => {
  const key = encodeKey(OffsetCommit, { group: 'billing', topic: 'orders', partition: 3 });
  const value = encodeValue(OffsetCommit, 3, { offset: 42, leaderEpoch: 1, metadata: '', commitTimestamp: 9 });
  const offsets = await write('__consumer_offsets-0', [
    { key, value },
    { key, value: null },
    { key, value: Buffer.from([0, 99]) },
  ]);
  const [, committed, gone, broken] = await lines(offsets);
  assert.deepEqual(
    [committed.type, committed.version, committed.key.group, committed.value.offset],
    ['OffsetCommit', 3, 'billing', 42],
  );
  assert.deepEqual([gone.type, gone.value], ['OffsetCommit', null]);
  assert.equal(broken.undecodable, 'an unknown version of a record');
  const topic = encodeMetadataRecord(TopicRecord, 0, { name: 'orders', topicId: 'VwJTgd4FR2SSRESFfWHAGA' });
  const [, record] = await lines(await write('__cluster_metadata-0', [{ key: null, value: topic }]));
  assert.deepEqual([record.type, record.value], ['TopicRecord', { name: 'orders', topicId: 'VwJTgd4FR2SSRESFfWHAGA' }]);
});

test('indexes, snapshots and checkpoints', async () => {
  const last = async (name: string) => {
    const { file: _, ...line } = (await lines('samples-0', name)).at(-1);
    return line;
  };
  const aborted = { kind: 'entry', version: 0, producerId: 5, firstOffset: 99, lastOffset: 101, lastStableOffset: 98 };
  assert.deepEqual(await last('00000000000000000100.txnindex'), aborted);
  assert.deepEqual(await last('00000000000000000034.timeindex'), {
    kind: 'entry',
    timestamp: 1795363939351,
    offset: 72,
  });
  assert.equal((await last('00000000000000000034.index')).kind, 'entry');
  assert.deepEqual(await last('leader-epoch-checkpoint'), { kind: 'row', words: ['0', '0'] });
  const producer = await last('00000000000000000112.snapshot');
  assert.deepEqual(
    [producer.producerId, producer.currentTxnFirstOffset, producer.batches[0].lastOffset],
    [7, 111, 111],
  );
});

test('garbage is said: behind the batches, within an entry, a snapshot that is none', async () => {
  for (const [name, position] of [
    ['00000000000000000100.log', 1305],
    ['00000000000000000034.index', 24],
    ['00000000000000000112.snapshot', 0],
  ] as const) {
    await appendFile(join(directory, 'samples-0', name), 'xyz');
    const found = (await lines('samples-0', name)).at(-1);
    assert.deepEqual([found.kind, found.position], ['garbage', position], name);
  }
});

test('a file that is no file of a log, or that is not there, is a sentence', async () => {
  assert.equal((await dump(join(directory, 'notes.txt'))).code, ExitCode.USAGE);
  const { code, errors } = await dump(join(directory, '00000000000000000009.log'));
  assert.equal(code, ExitCode.FAILED);
  assert.match(errors, /cannot read .*: absent/);
});

/** The directory of a broker that was killed: of each of its logs the journal alone has the last two batches. */
async function killed(): Promise<string> {
  const root = await mkdtemp(join(directory, 'killed-'));
  const env = { ...testEnv(), disk: new NodeDisk() };
  const engine = await LocalLogEngine.start({ env, root, checkpointIntervalMs: () => 60_000 });
  const logs = await Promise.all(
    Array.from({ length: 10 }, (_, partition) => engine.open(logId({ partition }), logSettings())),
  );
  for (const isWritten of [true, false, false]) {
    for (const log of logs) {
      log.append(batchAt(log.endOffset, {}));
      log.requestSync();
    }
    await Promise.all(logs.map((log) => whenProgress(log, () => log.durableOffset === log.endOffset)));
    if (isWritten) await engine.cut();
  }
  return root;
}

test('a segment that ends before the log does, because the journal alone has the rest, is told on standard error', async () => {
  const root = await killed();
  const path = join(root, 'orders-1', '00000000000000000000.log');
  const { code, output, errors } = await dump('--json', path);
  assert.equal(code, ExitCode.OK);
  assert.equal(output.split('\n').filter((line) => line.includes('"kind":"batch"')).length, 1);
  assert.match(errors, /^\/.*orders-1\/0+\.log ends before offset 1: the journal has the log up to offset 2\. /);
  await writeFile(join(root, 'orders-1', '00000000000000000003.log'), '');
  assert.equal((await dump(path)).errors, '', 'a segment that is not the last one ends where it ends');
  await writeFile(join(root, 'orders-2', 'partition.metadata'), 'version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAg');
  const other = await dump(join(root, 'orders-2', '00000000000000000000.log'));
  assert.equal(other.errors, '', 'the journal has a topic of the same name that is gone');
});
