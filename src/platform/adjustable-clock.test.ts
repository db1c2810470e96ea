import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '../../sim/virtual-clock.ts';
import { AdjustableClock } from './adjustable-clock.ts';

/** Real time stands still here, so that only the jumps count. */
function standingStill(): { real: VirtualClock; clock: AdjustableClock } {
  const real = new VirtualClock();
  return { real, clock: new AdjustableClock({ clock: real, timers: real }) };
}

test('timers within a jump run in order, each at its own moment', async () => {
  const { clock } = standingStill();
  const start = clock.now();
  const ran: [string, number][] = [];
  clock.after(2_000, () => ran.push(['second', clock.now() - start]));
  clock.after(1_000, () => ran.push(['first', clock.now() - start]));
  clock.after(9_000, () => ran.push(['later', clock.now() - start]));
  await clock.advance(5_000);
  assert.deepEqual(ran, [
    ['first', 1_000],
    ['second', 2_000],
  ]);
  assert.equal(clock.now() - start, 5_000);
});

test('a timer that arms itself again runs as often as the jump has room for', async () => {
  const { clock } = standingStill();
  let ticks = 0;
  const tick = (): void => {
    ticks += 1;
    clock.after(100, tick);
  };
  clock.after(100, tick);
  await clock.advance(1_000);
  assert.equal(ticks, 10);
});

test('after a jump the rest of a delay passes with real time', async () => {
  const { real, clock } = standingStill();
  let ran = false;
  clock.after(10_000, () => {
    ran = true;
  });
  await clock.advance(9_000);
  await real.advance(999);
  assert.equal(ran, false);
  await real.advance(1);
  assert.equal(ran, true);
});

test('a cancelled timer does not run, and jumps follow one another', async () => {
  const { clock } = standingStill();
  const start = clock.now();
  clock.after(10, () => assert.fail('cancelled')).cancel();
  await Promise.all([clock.advance(100), clock.advance(50)]);
  assert.equal(clock.now() - start, 150);
});

test('a callback that throws fails its jump, and the next one is made', async () => {
  const { clock } = standingStill();
  const ran: string[] = [];
  clock.after(10, () => assert.fail('thrown by a callback'));
  clock.after(200, () => ran.push('later'));
  await assert.rejects(clock.advance(100), /thrown by a callback/);
  await clock.advance(200);
  assert.deepEqual(ran, ['later']);
});
