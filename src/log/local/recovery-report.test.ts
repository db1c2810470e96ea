import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testEnv } from '../../../sim/test-env.ts';
import { RecoveryReport } from './recovery-report.ts';

function reported(left: number) {
  const { clock, timers, logger } = testEnv();
  const rest = { left };
  const report = new RecoveryReport({ clock, timers, logger, root: 'data', left: () => rest.left });
  const recover = (name: string) => {
    report.begun(name);
    rest.left -= 1;
    report.ended(name, true);
  };
  const lines = () => logger.lines.splice(0).map(({ message, fields }) => ({ message, ...fields }));
  return { clock, report, recover, lines };
}

test('what is recovered within one interval is one line, told with the last log', async () => {
  const { clock, report, lines, recover } = reported(3);
  report.begun('slow-0');
  report.checked(100);
  await clock.advance(1_000);
  recover('a-0');
  report.replayed(7);
  recover('b-0');
  report.ended('slow-0', true);
  const counts = { root: 'data', logs: 3, left: 1, bytesChecked: 100, recordsReplayed: 7, tookMs: 1_000 };
  assert.deepEqual(lines(), [], 'one is left');
  await clock.advance(4_000);
  assert.deepEqual(lines(), [{ message: 'logs were recovered', ...counts }]);
});

test('nobody waits for the line of the last log', () => {
  const { recover, lines } = reported(2);
  recover('a-0');
  recover('b-0');
  const counts = { root: 'data', logs: 2, left: 0, bytesChecked: 0, recordsReplayed: 0, tookMs: 0 };
  assert.deepEqual(lines(), [{ message: 'logs were recovered', ...counts }]);
});

test('who waits long is told every few seconds how many are left', async () => {
  const { clock, report, lines, recover } = reported(10);
  report.begun('slow-0');
  for (let count = 0; count < 4; count += 1) {
    recover(`a-${count}`);
    await clock.advance(3_000);
  }
  const seen = lines().map((line) => ('left' in line ? [line.message, line.left] : []));
  assert.deepEqual(seen, [
    ['logs are being recovered', 8],
    ['logs are being recovered', 6],
  ]);
});

test('logs that fail again and again give no line each', async () => {
  const { clock, lines, report } = reported(0);
  for (let count = 0; count < 100; count += 1) {
    report.begun('a-0');
    report.ended('a-0', true);
    await clock.advance(100);
  }
  assert.equal(lines().length, 3, 'at once, and after each interval');
  report.begun('a-0');
  report.ended('a-0', false);
  await clock.advance(60_000);
  assert.deepEqual(lines(), [], 'a log that could not be opened is told by others');
});

test('a stop tells what nobody was told', () => {
  const { report, recover, lines } = reported(10);
  recover('a-0');
  report.stop();
  assert.equal(lines().length, 1);
});
