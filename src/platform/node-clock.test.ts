import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { nodeClock, nodeTimers } from './node-clock.ts';

test('a timer does not keep the process alive', () => {
  const module = new URL('./node-clock.ts', import.meta.url).href;
  const code = `const { nodeTimers } = await import(${JSON.stringify(module)});
    nodeTimers.after(600_000, () => {});
    nodeTimers.after(2 ** 40, () => console.log('too early'));`;
  const ended = spawnSync(process.execPath, ['--input-type=module', '-e', code], { timeout: 20_000, encoding: 'utf8' });
  assert.deepEqual([ended.status, ended.stdout], [0, '']);
});

test('a cancelled timer does not run, the others do', async () => {
  nodeTimers.after(0, () => assert.fail('cancelled')).cancel();
  const keepAlive = setTimeout(() => {}, 10_000);
  await new Promise<void>((resolve) => void nodeTimers.after(1, resolve));
  await new Promise<void>((resolve) => nodeTimers.soon(resolve));
  clearTimeout(keepAlive);
});

test('wall-clock time is whole milliseconds', () => {
  assert.ok(Number.isInteger(nodeClock.now()));
});
