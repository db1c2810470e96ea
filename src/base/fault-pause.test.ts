import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FaultPause } from './fault-pause.ts';
import { limits } from './limits.ts';

test('pauses grow from fault to fault, up to the longest', () => {
  const pause = new FaultPause();
  const pauses: number[] = [];
  let nowMs = 0;
  for (let fault = 0; fault < 10; fault += 1) {
    pause.noteFault(nowMs);
    pauses.push(pause.leftMs(nowMs));
    nowMs += pause.leftMs(nowMs);
    assert.equal(pause.leftMs(nowMs), 0);
  }
  assert.deepEqual(pauses.slice(0, 4), [250, 500, 1_000, 2_000]);
  assert.equal(pauses.at(-1), limits.faultPauseMaxMs);
});

test('faults that come while a pause lasts are of the attempt before it', () => {
  const pause = new FaultPause();
  for (let fault = 0; fault < 10; fault += 1) pause.noteFault(fault);
  assert.equal(pause.leftMs(0), limits.faultPauseMinMs);
});

test('a log that has worked for long begins with a short pause again', () => {
  const pause = new FaultPause();
  let nowMs = 0;
  for (let fault = 0; fault < 10; fault += 1) {
    pause.noteFault(nowMs);
    nowMs += pause.leftMs(nowMs);
  }
  const laterMs = nowMs + 3 * limits.faultPauseMaxMs;
  pause.noteFault(laterMs);
  assert.equal(pause.leftMs(laterMs), limits.faultPauseMinMs);
});
