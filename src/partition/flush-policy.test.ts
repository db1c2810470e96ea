import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '../../sim/virtual-clock.ts';
import { FlushSchedule, syncsBeforeAcknowledging } from './flush-policy.ts';

const never = Number.MAX_SAFE_INTEGER;

test('acknowledgements wait for a sync unless the broker or the topic says otherwise', () => {
  const cases = [
    { durability: 'sync', flushMessages: never, flushMs: never, waits: true },
    { durability: 'os', flushMessages: never, flushMs: never, waits: false },
    { durability: 'os', flushMessages: 1, flushMs: never, waits: true },
    { durability: 'sync', flushMessages: 100, flushMs: never, waits: false },
    { durability: 'sync', flushMessages: never, flushMs: 1000, waits: false },
  ] as const;
  for (const { waits, ...settings } of cases) {
    assert.equal(syncsBeforeAcknowledging(settings), waits, JSON.stringify(settings));
  }
});

function schedule(settings: { flushMessages: number; flushMs: number }) {
  const clock = new VirtualClock();
  const made = {
    clock,
    syncs: 0,
    flush: new FlushSchedule(clock, { durability: 'os', ...settings }, () => made.syncs++),
  };
  return made;
}

test('a sync is asked for after so many records', () => {
  const made = schedule({ flushMessages: 10, flushMs: never });
  made.flush.appended(9);
  assert.equal(made.syncs, 0);
  made.flush.appended(1);
  assert.equal(made.syncs, 1);
  made.flush.appended(9);
  assert.equal(made.syncs, 1);
});

test('a sync is asked for some time after the first record, once', async () => {
  const made = schedule({ flushMessages: never, flushMs: 500 });
  made.flush.appended(1);
  await made.clock.advance(300);
  made.flush.appended(1);
  await made.clock.advance(199);
  assert.equal(made.syncs, 0);
  await made.clock.advance(1);
  assert.equal(made.syncs, 1);
  await made.clock.advance(5_000);
  assert.equal(made.syncs, 1);
});

test('a stopped schedule asks for nothing', async () => {
  const made = schedule({ flushMessages: never, flushMs: 500 });
  made.flush.appended(1);
  made.flush.stop();
  await made.clock.advance(1_000);
  assert.equal(made.syncs, 0);
});
