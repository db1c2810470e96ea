import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type TestEnv, testEnv } from '../../../sim/test-env.ts';
import { logId } from '../log.fixture.ts';
import { PlacementFile } from './placement-file.ts';

const PATH = 'data/.ottla_placement';
const A = 'a'.repeat(22);
const B = 'b'.repeat(22);

async function emptyFile(): Promise<{ env: TestEnv; file: PlacementFile }> {
  const env = testEnv();
  await env.disk.makeDirectory('data');
  await env.disk.syncDirectory('.');
  return { env, file: PlacementFile.empty(env.disk, 'data') };
}

const partition = (index: number) => logId({ partition: index });

async function read(env: TestEnv): Promise<PlacementFile | undefined> {
  return PlacementFile.read(env.disk.restarted(env.clock), 'data', assert.fail);
}

test('what was saved is there after a power loss, and what was not is as if never set', async () => {
  const { env, file } = await emptyFile();
  file.set(partition(0), A);
  file.set(partition(1), B);
  await file.save();
  file.set(partition(2), A);
  env.disk.crash();
  const after = await read(env);
  assert.deepEqual(
    [0, 1, 2].map((index) => after?.get(partition(index))),
    [A, B, undefined],
  );
  assert.deepEqual([after?.countIn(A), after?.countIn(B)], [1, 1]);
});

test('rows that come while others are written share the next write, and all are told when they are durable', async () => {
  const { env, file } = await emptyFile();
  let syncs = 0;
  env.disk.judge = ({ kind }) => {
    if (kind === 'sync') syncs += 1;
    return { kind: 'ok' };
  };
  await Promise.all(
    Array.from({ length: 100 }, async (_, index) => {
      file.set(partition(index), A);
      await file.save();
      assert.equal((await PlacementFile.read(env.disk, 'data', assert.fail))?.get(partition(index)), A);
    }),
  );
  assert.ok(syncs <= 3, `${syncs} syncs`);
});

test('a write that failed is told, and the next one has its rows as well', async () => {
  const { env, file } = await emptyFile();
  file.set(partition(0), A);
  await file.save();
  file.set(partition(1), B);
  env.disk.fail('full', ({ kind }) => kind === 'write');
  await assert.rejects(file.save());
  env.disk.heal();
  file.set(partition(2), B);
  await file.save();
  const after = await read(env);
  assert.deepEqual(
    [0, 1, 2].map((index) => after?.get(partition(index))),
    [A, B, B],
  );
});

test('a torn last row is as if never written; a file that is damaged elsewhere is none', async () => {
  const { env, file } = await emptyFile();
  for (const index of [0, 1]) file.set(partition(index), A);
  await file.save();
  const content = env.disk.file(PATH);
  content?.truncate(content.bytes - 5);
  const torn = await PlacementFile.read(env.disk, 'data', assert.fail);
  assert.deepEqual([torn?.get(partition(0)), torn?.get(partition(1))], [A, undefined]);
  torn?.set(partition(1), B);
  await torn?.save();
  assert.equal((await PlacementFile.read(env.disk, 'data', assert.fail))?.get(partition(1)), B);
  content?.write(10, Buffer.from('#'));
  let damages = 0;
  assert.equal(await PlacementFile.read(env.disk, 'data', () => (damages += 1)), undefined);
  assert.equal(damages, 1);
});

test('logs that come and go do not make the file grow for ever', async () => {
  const { env, file } = await emptyFile();
  file.set(partition(0), A);
  await file.save();
  for (let index = 1; index < 3_000; index += 1) {
    file.set(partition(index), A);
    file.delete(partition(index));
  }
  await file.save();
  file.set(partition(1), B);
  await file.save();
  const large = env.disk.file(PATH)?.bytes ?? 0;
  const again = await PlacementFile.read(env.disk, 'data', assert.fail);
  assert.deepEqual([again?.countIn(A), again?.get(partition(0)), again?.get(partition(1))], [1, A, B]);
  again?.set(partition(2), B);
  await again?.save();
  const small = env.disk.file(PATH)?.bytes ?? 0;
  assert.ok(small < 300 && large > 1_000, `${large} became ${small}`);
});
