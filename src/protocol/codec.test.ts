import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { codecOf } from './codec.ts';
import { Heartbeat } from './messages/heartbeat.ts';

test('a codec is made once', () => {
  assert.equal(codecOf(Heartbeat.request, 4), codecOf(Heartbeat.request, 4));
  assert.notEqual(codecOf(Heartbeat.request, 4), codecOf(Heartbeat.request, 3));
});

test('where code from strings is forbidden, closures do the work', () => {
  const program = `
    const { decode, encode } = await import('./codec.ts');
    const { Heartbeat } = await import('./messages/heartbeat.ts');
    const bytes = encode(Heartbeat.request, 4, { groupId: 'g', generationId: 3 });
    console.log(JSON.stringify(decode(Heartbeat.request, 4, bytes)));`;
  const output = execFileSync(
    process.execPath,
    ['--disallow-code-generation-from-strings', '--input-type=module', '--eval', program],
    { cwd: import.meta.dirname, encoding: 'utf8' },
  );
  assert.deepEqual(JSON.parse(output), { groupId: 'g', generationId: 3, memberId: '', groupInstanceId: null });
});
