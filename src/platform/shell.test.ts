import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';

const shell = JSON.stringify(join(import.meta.dirname, 'shell.ts'));

/** What V8 says about places whose arrays all live long, in a process that runs `before` and then makes many such. */
function tracedDecisions(before: string): string {
  const script = `
    import { processShell } from ${shell};
    ${before}
    const make = (value) => [value];
    const kept = [];
    for (let value = 0; value < 500_000; value += 1) kept.push(make(value));`;
  const flags = ['--trace-pretenuring-statistics', '--input-type=module', '--eval', script];
  const { status, stdout, stderr } = spawnSync(process.execPath, flags, { timeout: 60_000, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return stdout;
}

test('in a process that serves, V8 does not decide from a slow moment where objects are made', () => {
  assert.match(tracedDecisions(''), /AllocationSite/);
  assert.doesNotMatch(tracedDecisions('processShell().serving();'), /AllocationSite/);
});
