import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Duration, durationMs } from './duration.ts';

test('a duration is a number of milliseconds, or a number with a unit', () => {
  const durations: readonly Duration[] = [0, 250, '200ms', '1.5s', '10m', '2h', '7d'];
  assert.deepEqual(durations.map(durationMs), [0, 250, 200, 1_500, 600_000, 7_200_000, 604_800_000]);
});

test('what is no duration is refused', () => {
  for (const wrong of [-1, Number.NaN, '-1s', '1e3s'] as const) {
    assert.throws(() => durationMs(wrong), RangeError, `${wrong}`);
  }
  // A caller without types can hand over anything.
  for (const wrong of ['', '10', 's', '1 s', '1.s', '1w']) {
    assert.throws(() => durationMs(wrong as Duration), RangeError, wrong);
  }
});
