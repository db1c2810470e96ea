import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type TestEnv, testEnv } from '../../../sim/test-env.ts';
import { untilDeath } from '../../../sim/until-death.ts';
import { present } from '../../base/assert.ts';
import { logId } from '../log.fixture.ts';
import { PlacementFile } from './placement-file.ts';

const PATH = 'data/.ottla_placement';
const A = 'a'.repeat(22);
const B = 'b'.repeat(22);

async function emptyFile(seed?: number): Promise<{ env: TestEnv; file: PlacementFile }> {
  const env = testEnv(seed);
  await env.disk.makeDirectory('data');
  await env.disk.syncDirectory('.');
  return { env, file: PlacementFile.empty(env.disk, 'data') };
}

const partition = (index: number) => logId({ partition: index });

function contentOf(env: TestEnv): string {
  const file = present(env.disk.file(PATH), 'there is a file');
  const bytes = Buffer.alloc(file.bytes);
  file.read(bytes, 0);
  return bytes.toString();
}

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
      assert.ok(contentOf(env).includes(` ${index} ${A}\n`));
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
  env.disk.file(PATH)?.write(10, Buffer.from('#'));
  let damages = 0;
  assert.equal(await PlacementFile.read(env.disk, 'data', () => (damages += 1)), undefined);
  assert.equal(damages, 1);
});

test('rows of which a power loss has taken some sectors, and not the last, are as if never written', async () => {
  for (let seed = 1; seed <= 30; seed += 1) {
    const { env, file } = await emptyFile(seed);
    for (let index = 0; index < 10; index += 1) file.set(partition(index), A);
    await file.save();
    for (let index = 5; index < 40; index += 1) file.set(partition(index), B);
    env.disk.judge = ({ kind }) => ({ kind: kind === 'sync' ? 'crash' : 'ok' });
    await untilDeath(env.disk, file.save());
    const after = present(await read(env), 'the file is whole up to where it was saved');
    for (let index = 0; index < 5; index += 1) assert.equal(after.get(partition(index)), A);
    // What was cut off does not come back behind what is written next.
    after.set(partition(50), B);
    await after.save();
    assert.equal((await PlacementFile.read(env.disk.restarted(env.clock), 'data', assert.fail))?.get(partition(50)), B);
  }
});

test('what is read was made durable, also when the process before saw its sync fail', async () => {
  const { env, file } = await emptyFile();
  file.set(partition(0), A);
  await file.save();
  file.set(partition(1), B);
  env.disk.fail('io', ({ kind }) => kind === 'sync');
  await assert.rejects(file.save());
  env.disk.heal();
  const next = present(await read(env), 'the kernel has it');
  assert.equal(next.get(partition(1)), B);
  next.set(partition(2), A);
  await next.save();
  env.disk.crash();
  const after = await PlacementFile.read(env.disk.restarted(env.clock), 'data', assert.fail);
  assert.deepEqual(
    [0, 1, 2].map((index) => after?.get(partition(index))),
    [A, B, A],
  );
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
