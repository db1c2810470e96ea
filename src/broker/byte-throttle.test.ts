import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settle, VirtualClock } from '../../sim/virtual-clock.ts';
import { ByteThrottle } from './byte-throttle.ts';

test('bytes come through at the rate that is set', async () => {
  const clock = new VirtualClock();
  const throttle = new ByteThrottle({ clock, timers: clock, bytesPerSecond: () => 1_000 });
  const { signal } = new AbortController();
  let passed = 0;
  const work = (async () => {
    for (let count = 0; count < 4; count += 1) {
      await throttle.take(500, signal);
      passed += 500;
    }
  })();
  await clock.advance(999);
  assert.equal(passed, 500);
  await clock.advance(1_001);
  await work;
  assert.equal(passed, 2_000);
});

test('the signal ends a wait', async () => {
  const clock = new VirtualClock();
  const throttle = new ByteThrottle({ clock, timers: clock, bytesPerSecond: () => 1 });
  const abort = new AbortController();
  const waiting = throttle.take(1_000_000, abort.signal);
  await settle();
  abort.abort();
  await waiting;
  assert.equal(clock.timersWaiting, 0);
});

test('without a bound others get a turn in between', async () => {
  const clock = new VirtualClock();
  const throttle = new ByteThrottle({ clock, timers: clock, bytesPerSecond: () => Number.MAX_VALUE });
  let turns = 0;
  setImmediate(() => {
    turns += 1;
  });
  await throttle.take(1_000_000, new AbortController().signal);
  assert.equal(turns, 1);
});
