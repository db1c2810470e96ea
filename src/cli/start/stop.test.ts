import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecordingLogger } from '../../../sim/test-env.ts';
import type { Shell } from '../../platform/shell.ts';
import { testShell } from '../testing-shell.ts';
import { stopNode } from './stop.ts';

/** A stop of so many logs; time passes, and logs get closed, when the test says so. */
function stopping(openLogs: number) {
  const end = Promise.withResolvers<void>();
  const node = { openLogs, stop: () => end.promise };
  const logger = new RecordingLogger();
  let nowMs = 0;
  let timer: { atMs: number; callback: () => void } | undefined;
  let exitCode: number | undefined;
  const shell: Shell = {
    ...testShell([]),
    after: (delayMs, callback) => {
      timer = { atMs: nowMs + delayMs, callback };
      return () => {
        timer = undefined;
      };
    },
    exitNow: (code) => {
      exitCode = code;
      throw new Error('the process has ended');
    },
  };
  const stopped = stopNode(node, shell, logger);
  const pass = (ms: number): void => {
    const untilMs = nowMs + ms;
    while (timer !== undefined && timer.atMs <= untilMs && exitCode === undefined) {
      const { atMs, callback } = timer;
      nowMs = atMs;
      try {
        callback();
      } catch (error) {
        if (exitCode === undefined) throw error;
      }
    }
    nowMs = untilMs;
  };
  const lines = () => logger.lines.map(({ fields, message }) => ({ ...fields, message }));
  return { node, pass, lines, end, stopped, exitCode: () => exitCode, hasTimer: () => timer !== undefined };
}

test('a stop that takes long goes on while logs get closed, and says how many are left', async () => {
  const { node, pass, lines, end, stopped, exitCode, hasTimer } = stopping(60);
  for (; node.openLogs > 20; node.openLogs -= 1) pass(2_000);
  assert.equal(exitCode(), undefined);
  assert.deepEqual(lines().slice(0, 2), [
    { openLogs: 60, message: 'still stopping' },
    { openLogs: 59, message: 'still stopping' },
  ]);
  end.resolve();
  await stopped;
  assert.equal(hasTimer(), false);
  assert.deepEqual(lines().at(-1), { message: 'stopped' });
});

test('a stop in which no log is closed any more is given up after half a minute', async () => {
  const { node, pass, lines, exitCode } = stopping(3);
  pass(10_000);
  node.openLogs = 2;
  pass(31_000);
  assert.equal(exitCode(), undefined);
  pass(2_000);
  assert.equal(exitCode(), 1);
  assert.deepEqual(lines().at(-1), {
    elapsedMs: 42_000,
    openLogs: 2,
    message: 'the stop took too long and was given up',
  });
});

test('a stop that gets on is given up before a service manager kills the process', async () => {
  const { node, pass, exitCode } = stopping(1_000);
  for (let seconds = 0; seconds < 84; seconds += 1) {
    node.openLogs -= 1;
    pass(1_000);
  }
  assert.equal(exitCode(), undefined);
  pass(2_000);
  assert.equal(exitCode(), 1);
});

test('a quick stop says nothing but that it is over', async () => {
  const { lines, end, stopped, pass } = stopping(3);
  pass(1_999);
  end.resolve();
  await stopped;
  assert.deepEqual(lines(), [{ message: 'stopped' }]);
});
