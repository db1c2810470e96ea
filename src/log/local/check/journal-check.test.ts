/** The check knows the journal: what it gives back after a crash, what in it is damaged, and that a clean stop leaves nothing to say. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { nextProcess, RecordingLogger, type TestEnv, testEnv } from '../../../../sim/test-env.ts';
import type { Disk, DiskFile } from '../../../base/env.ts';
import { batchAt, logId, logSettings, whenProgress } from '../../log.fixture.ts';
import type { AppendedBatch } from '../../log-engine.ts';
import { directoryName, HIGH_WATERMARKS, JOURNAL } from '../file-names.ts';
import { frameOf } from '../journal/journal-frame.fixture.ts';
import { FILE_HEADER_BYTES, formatFileHeader, type JournalEntry, seatFor } from '../journal/journal-frame.ts';
import { startEngine } from '../local-engine.fixture.ts';
import { LocalLogEngine } from '../local-engine.ts';
import { checkDirectory, faultsOf } from './check-directory.ts';

const LOGS = 10;
const ROUNDS = 3;
const JOURNAL_FILE = `${JOURNAL}1`;

async function put(env: TestEnv, name: string, content: Uint8Array): Promise<void> {
  const file = await env.disk.open(`data/${name}`, 'create');
  await file.truncate(0);
  await file.write([content], 0);
  await file.sync();
}

async function check(env: TestEnv) {
  const report = await checkDirectory({ world: { disk: env.disk, pause: async () => {} }, root: 'data' });
  return { ...report, problems: faultsOf(report).map(({ harm, file, problem }) => `${harm} ${file}: ${problem}`) };
}

function entry(partition: number, { bytes, lastOffset }: AppendedBatch): JournalEntry {
  return { seat: seatFor(logId({ partition })), parts: [bytes], bytes: bytes.byteLength, endOffset: lastOffset + 1 };
}

/** Ten logs with three batches each, durable by the journal alone. */
async function busy(seed = 3): Promise<{ env: TestEnv; engine: LocalLogEngine }> {
  const env = testEnv(seed);
  await env.disk.makeDirectory('data');
  await put(env, 'meta.properties', readFileSync(new URL('../testdata/root/meta.properties', import.meta.url)));
  await env.disk.syncDirectory('data');
  const engine = await startEngine(env);
  const ids = Array.from({ length: LOGS }, (_, partition) => logId({ partition }));
  const logs = await Promise.all(ids.map((id) => engine.open(id, logSettings())));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const log of logs) {
      log.append(batchAt(log.endOffset, {}));
      log.requestSync();
    }
    await Promise.all(logs.map((log) => whenProgress(log, () => log.durableOffset === log.endOffset)));
  }
  return { env, engine };
}

async function crashed(seed = 3): Promise<TestEnv> {
  const { env } = await busy(seed);
  env.disk.crash();
  return nextProcess(env);
}

function bytesOf(env: TestEnv): Buffer {
  const file = env.disk.file(`data/${JOURNAL_FILE}`);
  assert.ok(file !== undefined);
  const bytes = Buffer.alloc(file.bytes);
  file.read(bytes, 0);
  return bytes;
}

test('after a power loss, what the journal gives back is told, and it is what the next start gives', async () => {
  let continued = 0;
  for (let seed = 1; seed <= 10; seed += 1) {
    const env = await crashed(seed);
    const names = Array.from({ length: LOGS }, (_, partition) => directoryName(logId({ partition })));
    const claims = names.map((name) => `${name.replace(/-(\d+)$/, ' $1')} ${ROUNDS}\n`);
    await put(env, HIGH_WATERMARKS, Buffer.from(`0\n${LOGS}\n${claims.join('')}`));
    const report = await check(env);
    assert.deepEqual(
      report.problems.filter((problem) => problem.includes(HIGH_WATERMARKS)),
      [],
    );
    continued += report.logs.filter(({ journalEndOffset }) => journalEndOffset === ROUNDS).length;
    assert.equal(report.logs.length + report.journalOnly.length, LOGS);
    const told = new Map(report.logs.map((log) => [log.partition, log.journalEndOffset ?? log.endOffset]));
    const engine = await startEngine(env);
    for (let partition = 0; partition < LOGS; partition += 1) {
      const log = await engine.open(logId({ partition }), logSettings());
      assert.equal(log.endOffset, told.get(partition) ?? ROUNDS);
    }
  }
  assert.ok(continued > 0, 'no log had a directory and ended early');
});

test('a running broker, and one that has stopped cleanly, leave nothing to say', async () => {
  const { env, engine } = await busy();
  const running = await check(env);
  assert.deepEqual([running.problems, running.journalOnly], [[], []]);
  assert.ok(running.logs.every(({ endOffset, journalEndOffset }) => (journalEndOffset ?? endOffset) === ROUNDS));
  await engine.close();
  const stopped = await check(env);
  assert.deepEqual([stopped.clean, stopped.problems, stopped.journalOnly], [true, [], []]);
});

test('a journal that grows while it is read, faster than it is read, is not damaged', async () => {
  const { env, engine } = await busy();
  await engine.close();
  const frame = frameOf({ generation: 1, entries: [entry(0, batchAt(0, {}))], numbers: new Map() });
  await put(env, JOURNAL_FILE, Buffer.concat([formatFileHeader(1), frame]));
  let growths = 100;
  const open: Disk['open'] = async (path, mode) => {
    const file = await env.disk.open(path, mode);
    if (!path.endsWith(JOURNAL_FILE) || mode !== 'readOnly') return file;
    const writer = await env.disk.open(path, 'create');
    const size = async (): Promise<number> => {
      const bytes = await file.size();
      if (growths > 0) await writer.write([frame, frame], bytes);
      growths -= 1;
      return bytes;
    };
    const read: DiskFile['read'] = (buffer, position) => file.read(buffer, position);
    return Object.assign(Object.create(file), { size, read, close: () => file.close() });
  };
  const disk: Disk = Object.assign(Object.create(env.disk), {
    open,
    list: (path: string) => env.disk.list(path),
    stat: (path: string) => env.disk.stat(path),
  });
  const report = await checkDirectory({ world: { disk, pause: async () => {} }, root: 'data' });
  assert.deepEqual(faultsOf(report), []);
  assert.ok(growths < 0, 'it was read to its end');
});

test('a damaged frame is told as lost data when whole ones follow, and as a tail when it is the last', async () => {
  const env = await crashed();
  const bytes = bytesOf(env);
  const first = bytes.readInt32BE(FILE_HEADER_BYTES);
  const last = FILE_HEADER_BYTES + first + bytes.readInt32BE(FILE_HEADER_BYTES + first);
  const damaged = async (position: number) => {
    const copy = Buffer.from(bytes);
    copy.writeUInt8(copy.readUInt8(position) ^ 1, position);
    await put(env, JOURNAL_FILE, copy);
    return (await check(env)).problems.filter((problem) => problem.includes(JOURNAL));
  };
  assert.match((await damaged(FILE_HEADER_BYTES + 100)).join(), /^data .*: a frame of the journal is damaged/);
  // Its length is wrong, so that where the next one begins is not known.
  assert.match((await damaged(FILE_HEADER_BYTES)).join(), /^data .*: a frame of the journal is damaged/);
  assert.match((await damaged(last + 100)).join(), /^tail .*: the last frame of the journal is not whole/);
  assert.match((await damaged(0)).join(), /^data .*: the header of the journal file is damaged/);
});

test('a start tells of damage in a journal as the check does, and says nothing of a torn last frame', async () => {
  const env = await crashed();
  const bytes = bytesOf(env);
  const last = FILE_HEADER_BYTES + bytes.readInt32BE(FILE_HEADER_BYTES);
  const told = async (position: number): Promise<string[]> => {
    const copy = Buffer.from(bytes);
    copy.writeUInt8(copy.readUInt8(position) ^ 1, position);
    await put(env, JOURNAL_FILE, copy);
    const logger = new RecordingLogger();
    await LocalLogEngine.start({ env: { ...env, logger }, root: 'data', checkpointIntervalMs: () => 60_000 });
    return logger.lines.map(({ level, message }) => `${level} ${message}`);
  };
  assert.match((await told(FILE_HEADER_BYTES + 100)).join(), /error a frame of the journal is damaged/);
  assert.deepEqual(await told(last + bytes.readInt32BE(last) + 100), []);
  assert.match((await told(0)).join(), /warn a journal file without a sound header is removed/);
});

test('frames of an earlier use of the file are no damage', async () => {
  const env = await crashed();
  const entries = [entry(77, batchAt(0, {}))];
  const old = frameOf({ generation: 1, entries, numbers: new Map() });
  const now = frameOf({ generation: 9, entries, numbers: new Map() });
  await put(env, `${JOURNAL}5`, Buffer.concat([formatFileHeader(9), now, old, old]));
  const report = await check(env);
  assert.deepEqual(
    report.problems.filter((problem) => problem.includes(JOURNAL)),
    [],
  );
  assert.ok(report.journalOnly.some((name) => name.endsWith('-77')));
});

test('what does not follow on the log is told, and so is a journal that a clean stop of another program has left', async () => {
  const { env, engine } = await busy();
  await engine.close();
  const far = batchAt(10, {});
  const entries = [entry(0, far)];
  const frame = frameOf({ generation: 1, entries, numbers: new Map() });
  await put(env, JOURNAL_FILE, Buffer.concat([formatFileHeader(1), frame]));
  assert.match(
    (await check(env)).problems.join(),
    /^data .*: the journal has the offsets 10 to 10, and the next start removes it/,
  );
  await env.disk.remove('data/.kafka_cleanshutdown');
  assert.match(
    (await check(env)).problems.join(),
    /^data .*: the offsets 3 to 9 are missing between the log and what the journal has/,
  );
});
