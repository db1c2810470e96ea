import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { DiskFault } from '../base/faults.ts';
import { NodeDisk } from './node-disk.ts';

const root = await mkdtemp(join(tmpdir(), 'ottla-disk-'));
const disk = new NodeDisk();
after(() => rm(root, { recursive: true }));

test('parts are written one after the other and read back', async () => {
  const file = await disk.open(join(root, 'parts'), 'create');
  await file.write([Buffer.from('ab'), Buffer.alloc(0), Buffer.from('cde')], 2);
  const target = new Uint8Array(10);
  assert.equal(await file.read(target, 2), 5);
  assert.equal(Buffer.from(target).toString('latin1', 0, 5), 'abcde');
  assert.equal(await file.size(), 7);
  await file.truncate(3);
  await file.sync();
  assert.equal(await file.size(), 3);
  await file.close();
});

test('more parts than one system call takes are written whole', async () => {
  const parts = Array.from({ length: 5_000 }, (_, index) => Buffer.from(String(index % 10)));
  const file = await disk.open(join(root, 'many'), 'create');
  await file.write(parts, 0);
  const target = Buffer.alloc(6_000);
  assert.equal(await file.read(target, 0), 5_000);
  assert.equal(target.toString('latin1', 4_990, 5_000), '0123456789');
  await file.close();
});

test('what is not there is a fault of its own kind, or no error where nothing is asked of it', async () => {
  const absent = join(root, 'absent');
  await assert.rejects(disk.open(absent, 'existing'), (error) => error instanceof DiskFault && error.kind === 'absent');
  await assert.rejects(disk.list(absent), (error) => error instanceof DiskFault && error.kind === 'absent');
  assert.equal(await disk.stat(absent), undefined);
  await disk.remove(absent);
  await disk.removeTree(absent);
});

test('a full disk is known as one', { skip: process.platform !== 'linux' && 'only Linux has /dev/full' }, async () => {
  await symlink('/dev/full', join(root, 'full'));
  const file = await disk.open(join(root, 'full'), 'existing');
  await assert.rejects(
    file.write([Buffer.from('x')], 0),
    (error) => error instanceof DiskFault && error.kind === 'full',
  );
  await file.close();
});

test('a file gets a second name, which must be free; where two places cannot share it, nothing is done', async () => {
  const [one, two] = [join(root, 'one-name'), join(root, 'two-names')];
  const file = await disk.open(one, 'create');
  await file.write([Buffer.from('shared')], 0);
  await file.close();
  assert.equal(await disk.link(one, two), true);
  await disk.remove(one);
  assert.equal((await disk.stat(two))?.bytes, 6);
  await assert.rejects(
    disk.link(one, join(root, 'three')),
    (error) => error instanceof DiskFault && error.kind === 'absent',
  );
  await writeFile(one, '');
  await assert.rejects(disk.link(two, one), DiskFault);
  const otherVolume = '/dev/shm/ottla-link-test';
  const hasOther = process.platform === 'linux' && (await disk.stat('/dev/shm')) !== undefined;
  if (hasOther && statSync('/dev/shm').dev !== statSync(root).dev)
    assert.equal(await disk.link(two, otherVolume), false);
});

test('directories are made, listed, renamed and removed', async () => {
  const directory = join(root, 'one', 'two');
  await disk.makeDirectory(directory);
  await (await disk.open(join(directory, 'file'), 'create')).close();
  await disk.syncDirectory(directory);
  assert.deepEqual(
    (await disk.list(directory)).map(({ name, kind, bytes }) => ({ name, kind, bytes })),
    [{ name: 'file', kind: 'file', bytes: 0 }],
  );
  await disk.rename(directory, join(root, 'three'));
  assert.equal((await disk.stat(join(root, 'three')))?.kind, 'directory');
  await disk.removeTree(join(root, 'three'));
  assert.equal(await disk.stat(join(root, 'three')), undefined);
  const { totalBytes, usableBytes } = await disk.space(root);
  assert.ok(usableBytes > 0 && usableBytes <= totalBytes);
});

test('a lock is refused to a second holder in this process, and free after its release', async () => {
  const path = join(root, '.lock');
  const lock = await disk.lock(path);
  assert.ok(lock !== undefined);
  assert.equal(await disk.lock(path), undefined);
  await lock.release();
  const again = await disk.lock(path);
  assert.ok(again !== undefined);
  await again.release();
  assert.deepEqual(
    (await readdir(root)).filter((name) => name.startsWith('.lock')),
    ['.lock'],
  );
});

test('a lock holds against another process, and dies with it', async (t) => {
  const path = join(root, '.lock-of-another');
  const module = new URL('./node-disk.ts', import.meta.url).href;
  const code = `const { NodeDisk } = await import(${JSON.stringify(module)});
    const lock = await new NodeDisk().lock(${JSON.stringify(path)});
    console.log(lock === undefined ? 'refused' : 'locked');
    setInterval(() => {}, 1000);`;
  const other = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => other.kill('SIGKILL'));
  const [said] = await once(other.stdout, 'data');
  assert.equal(String(said).trim(), 'locked');
  assert.equal(await disk.lock(path), undefined);
  other.kill('SIGKILL');
  await once(other, 'exit');
  const lock = await disk.lock(path);
  assert.ok(lock !== undefined);
  await lock.release();
});

test('a lock in a directory that cannot be written is a fault', async () => {
  await assert.rejects(disk.lock(join(root, 'nowhere', '.lock')), DiskFault);
});
