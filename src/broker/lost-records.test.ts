/** Records that were durable and are lost: clients that have seen them can tell, because what comes in their place is of another leader epoch (KIP-320). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextProcess, type TestEnv, testEnv } from '../../sim/test-env.ts';
import { settle } from '../../sim/virtual-clock.ts';
import { present } from '../base/assert.ts';
import { PRODUCE_VERSION, produced } from '../partition/partition.fixture.ts';
import type { Partition } from '../partition/partition.ts';
import { ErrorCode } from '../protocol/error-code.ts';
import { failing, type LocalBroker, localBroker } from './local-broker.fixture.ts';

const RECORDS = 10;
const FOUND = 6;
const SEGMENT = 'data/a-0/00000000000000000000.log';

async function append(partition: Partition, records: number): Promise<void> {
  for (let n = 0; n < records; n += 1) partition.append(produced(), PRODUCE_VERSION);
  await partition.whenDurable(partition.logEndOffset - 1);
}

async function filled(): Promise<LocalBroker> {
  const node = await localBroker();
  await node.createTopic('a');
  await append(await node.partition('a'), RECORDS);
  return node;
}

function loseTail({ disk }: TestEnv): void {
  const segment = present(disk.file(SEGMENT), 'the log has a segment');
  segment.truncate((segment.bytes / RECORDS) * FOUND);
}

/** Whatever is appended later, in the place of what was lost. */
async function assertDivergence(node: LocalBroker, { epoch, found }: { epoch: number; found: number }): Promise<void> {
  const partition = await node.partition('a');
  assert.ok(partition.leaderEpoch > epoch);
  assert.deepEqual([partition.logEndOffset, partition.highWatermark], [found, found]);
  for (const records of [0, RECORDS]) {
    await append(partition, records);
    assert.deepEqual(partition.endOfEpoch(epoch), { leaderEpoch: epoch, endOffset: found });
  }
}

/** The same machine, with a broker that starts over what the last one left. */
function nextStart({ env }: LocalBroker): TestEnv {
  return nextProcess(env, testEnv(2));
}

for (const stop of ['a clean stop', 'a kill'] as const) {
  for (const lost of ['tail', 'directory'] as const) {
    test(`after ${stop}, the loss of the ${lost} of a log is told, and shows in its leader epochs`, async () => {
      const first = await filled();
      const { leaderEpoch } = await first.partition('a');
      // The recovery points are written.
      if (stop === 'a kill') await first.env.clock.advance(60_000);
      else await first.stop();
      const env = nextStart(first);
      if (lost === 'tail') loseTail(env);
      else await env.disk.removeTree('data/a-0');
      const second = await localBroker({}, ['data'], env);
      const found = lost === 'tail' ? FOUND : 0;
      await assertDivergence(second, { epoch: leaderEpoch, found });
      const told = env.logger.lines.filter(({ level }) => level === 'error').map(({ fields }) => ({ ...fields }));
      assert.deepEqual(told, [{ topic: 'a', partition: 0, fromOffset: found, toOffset: RECORDS }]);
      await second.stop();
    });
  }
}

/** After a fault, and before anybody opens the log again. */
async function failAndLose(node: LocalBroker): Promise<Partition> {
  const { env } = node;
  const before = await node.partition('a');
  const mend = failing(env, ['sync'], 'io', /a-0/);
  before.append(produced(), PRODUCE_VERSION);
  await settle(50);
  assert.equal(before.stopped?.kind, 'storage');
  mend();
  const segment = present(env.disk.file(SEGMENT), 'the log has a segment');
  segment.truncate((segment.bytes / (RECORDS + 1)) * FOUND);
  return before;
}

test('the same, when the log is opened again without a restart', async () => {
  const node = await filled();
  const { leaderEpoch } = await failAndLose(node);
  // Appends wait for the pause after a fault.
  await node.partition('a');
  await node.env.clock.advance(60_000);
  await assertDivergence(node, { epoch: leaderEpoch, found: FOUND });
  await node.stop();
  const next = await localBroker({}, ['data'], nextStart(node));
  assert.ok((await next.partition('a')).leaderEpoch > leaderEpoch + 1);
  await next.stop();
});

test('a log that lost records is not served as long as no new leader epoch can be begun', async () => {
  const node = await filled();
  const { leaderEpoch } = await failAndLose(node);
  const mend = failing(node.env, ['write', 'sync'], 'io', /__cluster_metadata/);
  assert.equal(await node.broker.partitions.get('a', 0), ErrorCode.KAFKA_STORAGE_ERROR);
  mend();
  await node.env.clock.advance(60_000);
  await assertDivergence(node, { epoch: leaderEpoch, found: FOUND });
  await node.stop();
});

test('a log that lost nothing of what was committed goes on in its leader epoch', async () => {
  const node = await filled();
  const { env } = node;
  const before = await node.partition('a');
  const mend = failing(env, ['sync'], 'io', /a-0/);
  before.append(produced(), PRODUCE_VERSION);
  await settle(50);
  mend();
  const after = await node.partition('a');
  assert.notEqual(after, before);
  assert.deepEqual([after.leaderEpoch, after.logEndOffset], [before.leaderEpoch, RECORDS + 1]);
  await node.stop();
});
