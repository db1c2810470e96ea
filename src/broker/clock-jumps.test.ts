/**
 * The machine's clock is set while the broker runs: back by an hour, forward by a day. What is told here for records, segments and producers is what Apache Kafka 4.3.1
 * did when its clock was set in the same way.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryDisk } from '../../sim/memory-disk.ts';
import { testEnv } from '../../sim/test-env.ts';
import { VirtualClock } from '../../sim/virtual-clock.ts';
import type { Timer } from '../base/env.ts';
import { PRODUCE_VERSION, produced } from '../partition/partition.fixture.ts';
import type { Partition } from '../partition/partition.ts';
import { maxTimestamp } from '../protocol/batch/header.ts';
import { batches } from '../protocol/batch/iterate.ts';
import { localBroker } from './local-broker.fixture.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const PASS_MS = 60_000;

/** Can be set; the time that passes stays what it is, and nobody may wait for less than nothing. */
class SettableClock extends VirtualClock {
  shiftMs = 0;

  override now(): number {
    return super.now() + this.shiftMs;
  }

  override after(delayMs: number, callback: () => void): Timer {
    assert.ok(delayMs >= 0, 'somebody waits for less than nothing');
    return super.after(delayMs, callback);
  }
}

async function broker(settings: Readonly<Record<string, string>>) {
  const clock = new SettableClock();
  const env = { ...testEnv(), clock, timers: clock, disk: new MemoryDisk({ clock, seed: 1 }) };
  const node = await localBroker(
    {
      'log.message.timestamp.type': 'LogAppendTime',
      'log.retention.check.interval.ms': String(PASS_MS),
      'log.initial.task.delay.ms': String(PASS_MS),
      'producer.id.expiration.check.interval.ms': String(PASS_MS),
      ...settings,
    },
    ['data'],
    env,
  );
  await node.createTopic('a');
  const partition = await node.partition('a');
  return {
    ...node,
    set: (offsetMs: number) => {
      clock.shiftMs = offsetMs;
    },
    partition,
    async append(more: Parameters<typeof produced>[0] = {}): Promise<number> {
      const result = partition.append(produced(more), PRODUCE_VERSION);
      assert.ok(result.kind === 'appended');
      await partition.whenDurable(result.lastOffset);
      return result.baseOffset;
    },
    /** Long enough for every pass of housekeeping. */
    pass: () => clock.advance(2 * PASS_MS),
    segments: () => env.disk.filesBelow('data/a-0').filter((path) => path.endsWith('.log')).length,
  };
}

/** Relative to the clock as it was. */
async function timestamps(partition: Partition, sinceMs: number): Promise<readonly number[]> {
  const found: number[] = [];
  await partition.replay((bytes) => {
    for (const batch of batches(bytes)) found.push(Math.round((maxTimestamp(batch) - sinceMs) / HOUR_MS));
  });
  return found;
}

test('a clock that goes back deletes nothing, and records have the time that it shows', async () => {
  const { env, set, append, pass, partition, stop } = await broker({ 'log.retention.ms': String(2 * HOUR_MS) });
  const sinceMs = env.clock.now();
  await append();
  set(-HOUR_MS);
  await append();
  await pass();
  set(0);
  await append();
  await pass();
  assert.deepEqual(await timestamps(partition, sinceMs), [0, -1, 0]);
  assert.equal(partition.logStartOffset, 0);
  await stop();
});

test('a clock that goes forward makes idle records old; those of the future keep others from going when it is back', async () => {
  const { set, append, pass, partition, stop } = await broker({ 'log.retention.ms': String(2 * HOUR_MS) });
  await append();
  set(DAY_MS);
  await append();
  await pass();
  assert.equal(partition.logStartOffset, 0, 'the segment has a record of now');
  set(0);
  await append();
  await pass();
  assert.equal(partition.logStartOffset, 0);
  set(2 * DAY_MS);
  await pass();
  assert.equal(partition.logStartOffset, 3);
  set(0);
  assert.equal(await append(), 3);
  await pass();
  assert.deepEqual([partition.logStartOffset, partition.logEndOffset], [3, 4]);
  await stop();
});

for (const jitterMs of [0, HOUR_MS / 2]) {
  test(`a segment rolls once when the clock goes forward, and not when it goes back (segment.jitter.ms ${jitterMs})`, async () => {
    const { set, append, segments, stop } = await broker({
      'log.roll.ms': String(HOUR_MS / 2),
      'log.roll.jitter.ms': String(jitterMs),
      'log.retention.ms': '-1',
    });
    const counts: number[] = [];
    for (const offsetMs of [0, -HOUR_MS, 0, DAY_MS, DAY_MS, 0, -HOUR_MS, 0, 2 * DAY_MS]) {
      set(offsetMs);
      await append();
      counts.push(segments());
    }
    assert.deepEqual(counts, [1, 1, 1, 2, 2, 2, 2, 2, 3]);
    await stop();
  });
}

test('a clock that goes back forgets no producer; one that goes forward forgets those that were idle for so long by it', async () => {
  const { set, append, pass, partition, stop } = await broker({
    'log.retention.ms': '-1',
    'producer.id.expiration.ms': String(2 * HOUR_MS),
  });
  const producer = { producerId: 7, producerEpoch: 0 };
  await append({ ...producer, baseSequence: 0 });
  set(-HOUR_MS);
  await pass();
  assert.ok(partition.producers.get(7) !== undefined);
  await append({ ...producer, baseSequence: 1 });
  set(0);
  await pass();
  assert.ok(partition.producers.get(7) !== undefined);
  set(DAY_MS);
  await pass();
  assert.equal(partition.producers.get(7), undefined);
  assert.equal(await append({ ...producer, baseSequence: 2 }), 2);
  await stop();
});
