import assert from 'node:assert/strict';
import { appendFile, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { frameOf } from '../../log/local/journal/journal-frame.fixture.ts';
import { formatFileHeader, seatFor } from '../../log/local/journal/journal-frame.ts';
import { ExitCode } from '../exit-code.ts';
import { run } from '../run.ts';
import { testShell } from '../testing-shell.ts';

const testdata = new URL('../../log/local/testdata/', import.meta.url);
let directory: string;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ottla-check-'));
  await cp(new URL('samples-0', testdata), join(directory, 'samples-0'), { recursive: true });
  await cp(new URL('root/meta.properties', testdata), join(directory, 'meta.properties'));
  await writeFile(join(directory, 'recovery-point-offset-checkpoint'), '0\n1\nsamples 0 112\n');
});

after(() => rm(directory, { recursive: true }));

async function check(...args: readonly string[]) {
  const shell = testShell(['log', 'check', ...args]);
  return { code: await run(shell), output: shell.output(), errors: shell.errors() };
}

test('a sound directory: one row per partition, and all is well', async () => {
  const { code, output, errors } = await check(directory);
  assert.deepEqual([code, errors], [ExitCode.OK, '']);
  assert.match(output, /^samples +0 +6 +32 +112 +7835 +0 +112 +0$/m);
  assert.match(output, /1 partition, in use, or not stopped cleanly: all is well\n$/);
});

test('what only the journal has is told, and is no fault', async () => {
  const batch = await readFile(join(directory, 'samples-0', '00000000000000000000.log'));
  const bytes = batch.subarray(0, batch.readInt32BE(8) + 12);
  const id = { topic: 'samples', topicId: 'x', partition: 7 };
  const entries = [{ seat: seatFor(id), parts: [bytes], bytes: bytes.length, endOffset: 1 }];
  const frame = frameOf({ generation: 1, entries, numbers: new Map() });
  const journal = join(directory, '.ottla_journal.1');
  await writeFile(journal, Buffer.concat([formatFileHeader(1), frame]));
  const { code, output } = await check(directory);
  await rm(journal);
  assert.equal(code, ExitCode.OK);
  assert.match(output, /^only the journal has samples-7: made anew by the next start, unless the topic was deleted$/m);
});

test('a damaged one: each fault in the table and in the JSON, and an exit code of its own', async () => {
  await appendFile(join(directory, 'samples-0', '00000000000000000100.log'), 'torn');
  const { code, output, errors } = await check(directory);
  assert.deepEqual([code, errors], [ExitCode.DAMAGED, '']);
  assert.match(output, /^tail +samples-0\/00000000000000000100\.log +1305 +112 +the last 4 bytes are no whole batch$/m);
  const json = JSON.parse((await check(directory, '--json')).output);
  assert.equal(json.faultCount, 1);
  assert.deepEqual([json.faults[0].position, json.faults[0].offset, json.logs[0].endOffset], [1305, 112, 112]);
});

test('a directory that is not there is a sentence, not damage', async () => {
  const { code, errors } = await check(join(directory, 'nothing'));
  assert.equal(code, ExitCode.DATA_DIRECTORY);
  assert.match(errors, /^ottla: cannot read .*nothing: absent\n$/);
});
