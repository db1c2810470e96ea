import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, test } from 'node:test';

const module = new URL('./end-after-tests.ts', import.meta.url).href;

/** A test file in a process of its own. */
function run(body: string) {
  const code = `
    import { test } from 'node:test';
    import { createServer } from 'node:net';
    import { endAfterTests } from ${JSON.stringify(module)};
    endAfterTests(1);
    ${body}`;
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const args = ['--input-type=module', '-e', code];
  const { status, stderr } = spawnSync(process.execPath, args, { env, timeout: 60_000, encoding: 'utf8' });
  return { status, stderr };
}

describe('the process of a test file', () => {
  test('ends with its tests', () => {
    assert.deepEqual(run(`test('all is well', () => {});`), { status: 0, stderr: '' });
  });

  test('is ended when something goes on after them, which is named', () => {
    const { status, stderr } = run(`test('leaves a server', () => void createServer().listen(0));`);
    assert.equal(status, 1);
    assert.match(stderr, /its tests are over, and something goes on: .*TCPServerWrap/);
  });

  test('is ended after a test that has timed out', () => {
    const { status, stderr } = run(
      `test('waits', { timeout: 1 }, () => new Promise(() => void createServer().listen(0)));`,
    );
    assert.equal(status, 1);
    assert.match(stderr, /something goes on/);
  });
});
