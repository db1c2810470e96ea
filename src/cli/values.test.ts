import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assignment, durationMs, pointInTimeMs, positiveNumber, wholeNumber } from './values.ts';

test('durations have units and may be combined', () => {
  assert.equal(durationMs('500ms'), 500);
  assert.equal(durationMs('1h30m'), 5_400_000);
  assert.equal(durationMs('7d'), 604_800_000);
  for (const text of ['', '5', 'h', '5 m', '5x']) assert.throws(() => durationMs(text), /duration/);
});

test('a point in time is a date, milliseconds or so long ago', () => {
  assert.equal(pointInTimeMs('2026-01-31T12:00:00Z', 0), Date.UTC(2026, 0, 31, 12));
  assert.equal(pointInTimeMs('1700000000000', 0), 1_700_000_000_000);
  assert.equal(pointInTimeMs('10m', 1_000_000), 400_000);
  assert.throws(() => pointInTimeMs('soon', 0), /date/);
});

test('numbers and assignments are refused when they are none', () => {
  assert.equal(wholeNumber('-5'), -5);
  assert.throws(() => wholeNumber('5.5'), /whole number/);
  assert.throws(() => positiveNumber('0'), /1 or more/);
  assert.deepEqual(assignment('a=b=c'), { name: 'a', value: 'b=c' });
  assert.throws(() => assignment('=b'), /NAME=VALUE/);
});
