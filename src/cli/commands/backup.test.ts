import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type RunningBroker, startBroker } from '../../index.ts';
import { ExitCode } from '../exit-code.ts';
import { run } from '../run.ts';
import { testShell } from '../testing-shell.ts';

let directory: string;
let broker: RunningBroker;
const at = (name: string) => join(directory, name);

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ottla-backup-'));
  broker = await startBroker({ dataDir: at('data'), topics: { orders: 3 } });
});

after(async () => {
  await broker.stop();
  await rm(directory, { recursive: true });
});

async function ottla(...args: readonly string[]) {
  const shell = testShell(args);
  return { code: await run(shell), output: shell.output(), errors: shell.errors() };
}

test('a backup says what it has copied, and a restore that all is well', async () => {
  const { code, output, errors } = await ottla('backup', at('backup'), '--data-dir', at('data'));
  assert.deepEqual([code, errors], [ExitCode.OK, '']);
  assert.match(output, /^\d+ partitions? as of \S+Z in \S+backup: \d+ bytes copied\n$/);
  const restored = await ottla('restore', at('backup'), at('restored'));
  assert.deepEqual([restored.code, restored.errors], [ExitCode.OK, '']);
  assert.match(restored.output, /^\d+ partitions? as of \S+Z in \S+restored: \d+ records, \d+ bytes: all is well\n$/);
});

test('both in JSON', async () => {
  const made = JSON.parse((await ottla('backup', at('b'), '--data-dir', at('data'), '--json')).output);
  assert.deepEqual([made.directory, made.sharedBytes], [at('b'), 0]);
  const restored = JSON.parse((await ottla('restore', at('b'), at('r'), '--json')).output);
  assert.deepEqual([restored.cutTime, restored.logs, restored.faultCount], [made.cutTime, made.logs, 0]);
});

test('a restore makes several data directories', async () => {
  await ottla('backup', at('one'), '--data-dir', at('data'));
  const targets = `${at('disk-a')},${at('disk-b')}`;
  const { code, output, errors } = await ottla('restore', at('one'), targets);
  assert.deepEqual([code, errors], [ExitCode.OK, '']);
  assert.match(output, /in \S+disk-a, \S+disk-b: \d+ records, \d+ bytes: all is well\n$/);
  for (const name of ['disk-a', 'disk-b']) {
    const check = JSON.parse((await ottla('log', 'check', at(name), '--json')).output);
    assert.equal(check.faultCount, 0);
  }
});

test('what cannot be a backup or a target is refused with a sentence', async () => {
  for (const [args, exitCode, sentence] of [
    [['backup', at('data/inside'), '--data-dir', at('data')], ExitCode.USAGE, /would be in the data directory/],
    [['backup', at('new'), '--data-dir', at('nothing')], ExitCode.DATA_DIRECTORY, /nothing is no data directory/],
    [['restore', at('data'), at('new')], ExitCode.DATA_DIRECTORY, /data is no backup: it has no ottla-backup\.json/],
    [['restore', at('nothing'), at('new')], ExitCode.DATA_DIRECTORY, /nothing is no backup/],
  ] as const) {
    const { code, errors } = await ottla(...args);
    assert.equal(code, exitCode, args.join(' '));
    assert.match(errors, sentence);
  }
  await writeFile(at('file'), '');
  const { code, errors } = await ottla('backup', at('file'), '--data-dir', at('data'));
  assert.equal(code, ExitCode.DATA_DIRECTORY, errors);
});

test('a target that is not empty is left alone', async () => {
  await ottla('backup', at('full'), '--data-dir', at('data'));
  const before = await readFile(at('full/ottla-backup.json'), 'utf8');
  for (const args of [
    ['backup', at('full'), '--data-dir', at('data')],
    ['restore', at('full'), at('full')],
  ]) {
    const { code, errors } = await ottla(...args);
    assert.equal(code, ExitCode.DATA_DIRECTORY);
    assert.match(errors, /full is not empty: .* is in it; name a directory that is new or empty\n$/);
  }
  assert.equal(await readFile(at('full/ottla-backup.json'), 'utf8'), before);
});

test('damage is listed and has an exit code of its own', async () => {
  await ottla('backup', at('damaged'), '--data-dir', at('data'));
  const manifest = JSON.parse(await readFile(at('damaged/ottla-backup.json'), 'utf8'));
  const log = manifest.logs.find(({ topic }: { topic: string }) => topic === '__cluster_metadata');
  const [file] = log.files;
  file.bytes -= 1;
  await truncate(at(`damaged/__cluster_metadata-0/${file.name}`), file.bytes);
  await writeFile(at('damaged/ottla-backup.json'), JSON.stringify(manifest));
  const { code, output, errors } = await ottla('restore', at('damaged'), at('from-damaged'));
  assert.deepEqual([code, errors], [ExitCode.DAMAGED, '']);
  assert.match(output, /bytes are no whole batch/);
  assert.match(output, /the backup is damaged, and no broker starts on \S+from-damaged\n$/);
});
