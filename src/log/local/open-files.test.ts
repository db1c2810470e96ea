import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type TestEnv, testEnv } from '../../../sim/test-env.ts';
import { DiskFault } from '../../base/faults.ts';
import { Lifecycle } from '../../base/lifecycle.ts';
import { OpenFiles, PooledFile } from './open-files.ts';
import { replaceFile } from './small-files.ts';
import { sparingDisk } from './sparing-disk.ts';

/** A process that may have so many files open. */
function withHandles(env: TestEnv, handles: number): void {
  let open = 0;
  env.disk.judge = ({ kind }) => {
    if (kind === 'close') open -= 1;
    if (kind === 'open' && open >= handles) return { kind: 'fault', fault: 'too-many-files' };
    if (kind === 'open') open += 1;
    return { kind: 'ok' };
  };
}

async function pool(handles: number) {
  const env = testEnv();
  await env.disk.makeDirectory('data');
  withHandles(env, handles);
  const disk = sparingDisk(env.disk, () => files.spareOne());
  const files = new OpenFiles({ disk, lifecycle: new Lifecycle(env.logger), openMax: 100 });
  return { disk, files, file: (name: string) => new PooledFile(`data/${name}`, 'create') };
}

test('when the process has no handle left, a file that nobody uses gives its own', async () => {
  const { files, file } = await pool(3);
  const many = Array.from({ length: 10 }, (_, index) => file(`file-${index}`));
  for (const one of [...many, ...many]) await files.use(one, (handle) => handle.write([Uint8Array.of(1)], 0));
  for (const one of many) assert.equal(await files.use(one, (handle) => handle.size()), 1);
});

test('a small file can be written as well', async () => {
  const { disk, files, file } = await pool(1);
  await files.use(file('one'), async () => {});
  await replaceFile(disk, 'data/checkpoint', 'content');
  assert.equal((await disk.stat('data/checkpoint'))?.bytes, 7);
});

test('when all are in use, the one that came late is told, and can be used later', async () => {
  const { files, file } = await pool(1);
  const late = file('late');
  await files.use(file('first'), async () => {
    await assert.rejects(
      files.use(late, async () => {}),
      DiskFault,
    );
  });
  assert.equal(await files.use(late, (handle) => handle.size()), 0);
});
