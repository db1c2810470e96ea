import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type TestEnv, testEnv } from '../../../sim/test-env.ts';
import { Lifecycle } from '../../base/lifecycle.ts';
import { OffsetIndex } from './offset-index.ts';
import { OpenFiles, PooledFile } from './open-files.ts';
import { TimeIndex } from './time-index.ts';

const BASE = 5_000_000_000;
const COUNT = 3_000;

async function filesOf(env: TestEnv, openMax = 10): Promise<OpenFiles> {
  await env.disk.makeDirectory('data');
  return new OpenFiles({ disk: env.disk, lifecycle: new Lifecycle(env.logger), openMax });
}

function offsetIndex(files: OpenFiles, fileBytes: number): OffsetIndex {
  return new OffsetIndex({ baseOffset: BASE, file: new PooledFile('data/index', 'create'), files, fileBytes });
}

/** Every third offset, 100 bytes apart. */
function fill(index: OffsetIndex, from: number, to: number): void {
  for (let entry = from; entry < to; entry += 1) index.append({ offset: BASE + entry * 3, position: entry * 100 });
}

test('an offset is found in the file, in memory and where the two meet', async () => {
  const index = offsetIndex(await filesOf(testEnv()), 0);
  fill(index, 0, COUNT);
  await index.entries.flush();
  fill(index, COUNT, COUNT + 50);
  for (const entry of [0, 1, 511, 512, 513, 1_024, COUNT - 1, COUNT, COUNT + 49]) {
    const exact = { offset: BASE + entry * 3, position: entry * 100 };
    assert.deepEqual(await index.floor(BASE + entry * 3), exact);
    assert.deepEqual(await index.floor(BASE + entry * 3 + 2), exact);
  }
  assert.equal(await index.floor(BASE - 1), undefined);
  assert.equal(index.entries.unwritten, 50);
});

test('entries that come while others are written are kept', async () => {
  const files = await filesOf(testEnv());
  const index = offsetIndex(files, 0);
  fill(index, 0, 100);
  const flushed = index.entries.flush();
  fill(index, 100, 120);
  await Promise.all([flushed, index.entries.flush()]);
  const again = offsetIndex(files, 120 * 8);
  assert.deepEqual(await again.floor(BASE + 10_000), { offset: BASE + 119 * 3, position: 11_900 });
});

test('a part of an entry that a crash has left at the end of an index is cut off', async () => {
  const env = testEnv();
  const files = await filesOf(env);
  const index = offsetIndex(files, 0);
  fill(index, 0, 20);
  await index.entries.flush();
  env.disk.file('data/index')?.write(20 * 8, Buffer.alloc(5, 1));
  const again = offsetIndex(files, 20 * 8 + 5);
  await again.truncateAbove(BASE + 1_000);
  await again.entries.cutFile();
  assert.deepEqual([again.entries.count, env.disk.file('data/index')?.bytes], [20, 20 * 8]);
});

test('after a crash an index keeps what rises and ends below the point', async () => {
  const env = testEnv();
  const files = await filesOf(env);
  const index = offsetIndex(files, 0);
  fill(index, 0, 20);
  await index.entries.flush();
  await index.truncateAbove(BASE + 30);
  assert.equal(index.entries.count, 11);
  await index.entries.cutFile();
  assert.equal(env.disk.file('data/index')?.bytes, 11 * 8);
  fill(index, 11, 20);
  await index.entries.flush();
  env.disk.file('data/index')?.write(5 * 8, new Uint8Array(8));
  const torn = offsetIndex(files, 20 * 8);
  await torn.truncateAbove(BASE + 1_000);
  assert.equal(torn.entries.count, 5);
});

test('a time index has one entry per new largest timestamp', async () => {
  const files = await filesOf(testEnv());
  const make = (fileBytes: number): TimeIndex =>
    new TimeIndex({ baseOffset: BASE, file: new PooledFile('data/timeindex', 'create'), files, fileBytes });
  const index = make(0);
  for (const [timestamp, offset] of [
    [10, 1],
    [10, 2],
    [9, 3],
    [20, 4],
    [-1, 5],
  ] as const) {
    index.append({ timestamp, offset: BASE + offset });
  }
  assert.equal(index.entries.count, 2);
  assert.deepEqual(await index.floor(15), { timestamp: 10, offset: BASE + 1 });
  assert.deepEqual(await index.floor(20), { timestamp: 20, offset: BASE + 4 });
  assert.equal(await index.floor(9), undefined);
  await index.entries.flush();
  const again = make(24);
  again.continueFrom(20);
  again.append({ timestamp: 20, offset: BASE + 6 });
  again.append({ timestamp: 21, offset: BASE + 7 });
  assert.deepEqual(await again.last(), { timestamp: 21, offset: BASE + 7 });
  await again.entries.flush();
  await again.truncateAbove(BASE + 4);
  assert.deepEqual(await again.last(), { timestamp: 20, offset: BASE + 4 });
});

test('an index is full at its bound, the time index one entry earlier', async () => {
  const files = await filesOf(testEnv());
  const index = offsetIndex(files, 0);
  fill(index, 0, 2);
  assert.deepEqual([index.isFull(16), index.isFull(24)], [true, false]);
  const times = new TimeIndex({ baseOffset: BASE, file: new PooledFile('data/t', 'create'), files, fileBytes: 12 });
  assert.deepEqual([times.isFull(24), times.isFull(36)], [true, false]);
});

test('no more files are open than the bound, and all of them can be used', async () => {
  const env = testEnv();
  const files = await filesOf(env, 3);
  let open = 0;
  let most = 0;
  const judge = env.disk.judge;
  env.disk.judge = (operation) => {
    if (operation.kind === 'open') open += 1;
    if (operation.kind === 'close') open -= 1;
    most = Math.max(most, open);
    return judge(operation);
  };
  const pooled = Array.from({ length: 20 }, (_, name) => new PooledFile(`data/${name}`, 'create'));
  const use = (file: PooledFile): Promise<void> =>
    files.use(file, async (handle) => {
      await handle.write([Buffer.from('x')], 0);
      await handle.sync();
    });
  await Promise.all(pooled.map(use));
  for (const file of pooled) await use(file);
  // One that is being closed counts until it is.
  assert.ok(most <= 6, `${most} files were open`);
  assert.ok(pooled.every((file) => env.disk.file(file.path)?.bytes === 1));
});
