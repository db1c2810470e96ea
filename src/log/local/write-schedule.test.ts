import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settle, VirtualClock } from '../../../sim/virtual-clock.ts';
import { type Writable, WriteSchedule } from './write-schedule.ts';

/** Takes what it has queued when it is started. */
interface TestWriter extends Writable {
  /** Another 10 bytes. */
  queue(): void;
}

interface Setting {
  readonly schedule: WriteSchedule;
  readonly started: string[];
  writer(name: string): TestWriter;
}

function setting(lateBytesMax: number): Setting {
  const schedule = new WriteSchedule({ timers: new VirtualClock(), lateBytesMax });
  const started: string[] = [];
  const writer = (name: string): TestWriter => {
    let bytes = 0;
    const made: TestWriter = {
      start() {
        started.push(name);
        schedule.taken(made, bytes);
        bytes = 0;
      },
      queue() {
        if (bytes === 0) schedule.waits(made);
        bytes += 10;
        schedule.queued(10);
      },
    };
    return made;
  };
  return { schedule, started, writer };
}

test('what nobody wants written waits, until there is too much of it: then the log that has waited longest is written', async () => {
  const { schedule, started, writer } = setting(40);
  const [one, two, three] = [writer('one'), writer('two'), writer('three')];
  for (const next of [one, two, three, one]) next.queue();
  await settle();
  assert.deepEqual(started, []);
  three.queue();
  await settle();
  assert.deepEqual(started, ['one']);
  assert.equal(schedule.lateBytes, 30);
  for (const next of [one, one]) next.queue();
  await settle();
  assert.deepEqual(started, ['one', 'two']);
});

test('whoever wants several logs written in one turn, or one of them twice, has each written once at its end', async () => {
  const { schedule, started, writer } = setting(1_000);
  const [one, two] = [writer('one'), writer('two')];
  for (const next of [one, two, one]) {
    next.queue();
    schedule.soon(next);
  }
  assert.deepEqual(started, []);
  await settle();
  assert.deepEqual(started, ['one', 'two']);
  assert.equal(schedule.lateBytes, 0);
});
