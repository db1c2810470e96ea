/** A log that compaction cannot read: it is left alone and told once, and the others are compacted all the same. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settle } from '../../sim/virtual-clock.ts';
import type { Partition } from '../partition/partition.ts';
import { buildBatch } from '../protocol/batch/build.ts';
import { batches } from '../protocol/batch/iterate.ts';
import { recordsOf } from '../protocol/batch/records.ts';
import { localBroker, loudLines } from './local-broker.fixture.ts';

async function offsets(partition: Partition): Promise<number[]> {
  const found: number[] = [];
  await partition.replay((run) => {
    for (const batch of batches(run)) for (const { offset } of recordsOf(batch)) found.push(offset);
  });
  return found;
}

test('a log with a damaged batch is not compacted and told once, the logs beside it are', async () => {
  const settings = { 'log.cleaner.backoff.ms': '100', 'log.cleanup.policy': 'compact', 'log.roll.ms': '1000' };
  const { env, createTopic, partition, stop } = await localBroker(settings);
  await createTopic('orders', 2);
  const [damaged, sound] = [await partition('orders', 0), await partition('orders', 1)];
  for (const log of [damaged, sound]) {
    // Each batch is 2 s after the one before, and so begins a segment.
    for (const key of ['a', 'a', 'b', 'end']) {
      const timestamp = env.clock.now() + log.logEndOffset * 2_000;
      const records = [{ timestamp, key: Buffer.from(key), value: Buffer.from('value') }];
      assert.equal(log.append(buildBatch({ records }), 9).kind, 'appended');
    }
  }
  await settle(60);
  // In the value of the second record.
  const file = env.disk.file('data/orders-0/00000000000000000001.log');
  file?.write(file.bytes - 2, Buffer.from('?'));
  for (let pass = 0; pass < 5; pass += 1) {
    await env.clock.advance(200);
    await settle(60);
  }
  assert.deepEqual(await offsets(sound), [1, 2, 3]);
  assert.deepEqual(await offsets(damaged), [0, 1, 2, 3]);
  assert.deepEqual(loudLines(env), ['a log cannot be compacted: a batch is damaged']);
  await stop();
});
