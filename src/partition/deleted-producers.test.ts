/** What idempotent producers can count on when their records are deleted and the broker then stops without a warning (invariant I6). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextProcess, type TestEnv, testEnv } from '../../sim/test-env.ts';
import { settle } from '../../sim/virtual-clock.ts';
import type { TopicSettings } from '../config/topic-settings.ts';
import { LocalLogEngine } from '../log/local/local-engine.ts';
import { logId } from '../log/log.fixture.ts';
import { PRODUCE_VERSION, produced, settingsOf } from './partition.fixture.ts';
import { Partition } from './partition.ts';

const START_MS = 1_800_000_000_000;

async function open(env: TestEnv, leaderEpoch: number, changes: Partial<TopicSettings> = {}) {
  const settings = settingsOf({ fileDeleteDelayMs: 0, ...changes });
  const engine = await LocalLogEngine.start({ env, root: 'data', checkpointIntervalMs: () => 1_000 });
  const partition = await Partition.open({
    env,
    log: await engine.open(logId(), settings),
    settings,
    leaderEpoch,
    producerExpirationMs: () => 86_400_000,
    verifiesTransactions: () => false,
  });
  return { engine, partition };
}

/** One record. */
function send(partition: Partition, baseSequence: number): 'new' | 'known' | 'refused' {
  const result = partition.append(produced({ producerId: 7, producerEpoch: 0, baseSequence }), PRODUCE_VERSION);
  if (result.kind === 'refused') return 'refused';
  return result.duplicate ? 'known' : 'new';
}

async function sendDurably(partition: Partition, sequences: readonly number[]): Promise<void> {
  for (const sequence of sequences) assert.equal(send(partition, sequence), 'new');
  await partition.whenDurable(partition.logEndOffset - 1);
}

/** The next process on the machine, after a power loss or not. */
function restarted(env: TestEnv, how: 'power' | 'killed'): TestEnv {
  if (how === 'power') env.disk.crash();
  return nextProcess(env);
}

/** The producer's last five batches are known, and it goes on behind them. */
function assertGoesOn(partition: Partition, next: number): void {
  const endOffset = partition.logEndOffset;
  for (let back = 1; back <= 5; back += 1)
    assert.equal(send(partition, next - back), 'known', `${back} before the next`);
  assert.equal(partition.logEndOffset, endOffset);
  assert.equal(send(partition, next + 1), 'refused', 'a gap');
  assert.equal(send(partition, next), 'new');
}

for (const how of ['power', 'killed'] as const) {
  test(`a producer whose records are all deleted is still known after the end of its broker: ${how}`, async () => {
    const env = testEnv();
    const { partition } = await open(env, 0);
    await sendDurably(partition, [0, 1, 2, 3, 4, 5, 6]);
    await partition.deleteRecordsBefore(7);
    const again = await open(restarted(env, how), 1);
    assert.equal(again.partition.logStartOffset, 7);
    assertGoesOn(again.partition, 7);
  });

  test(`a producer whose segments have all expired is still known after the end of its broker: ${how}`, async () => {
    const env = testEnv();
    const { partition } = await open(env, 0, { retentionMs: 60_000, segmentBytes: 400 });
    await env.clock.advance(START_MS - env.clock.now());
    await sendDurably(partition, [0, 1, 2, 3, 4, 5, 6]);
    await env.clock.advance(100_000);
    assert.ok((await partition.applyRetention()) > 1);
    const again = await open(restarted(env, how), 1);
    assert.equal(again.partition.logStartOffset, 7);
    assertGoesOn(again.partition, 7);
  });
}

test('a power loss after a clean stop takes no producer along whose records are deleted', async () => {
  const env = testEnv();
  const { engine, partition } = await open(env, 0);
  await sendDurably(partition, [0, 1, 2, 3]);
  await partition.deleteRecordsBefore(4);
  await sendDurably(partition, [4, 5, 6]);
  await partition.stop('closed');
  await engine.close();
  const again = await open(restarted(env, 'power'), 1);
  assertGoesOn(again.partition, 7);
});

test('what a producer sent behind deleted records and lost is no obstacle to what was kept of it', async () => {
  const env = testEnv();
  const { partition } = await open(env, 0, { segmentBytes: 100 });
  await sendDurably(partition, [0, 1, 2, 3, 4, 5, 6]);
  await partition.deleteRecordsBefore(7);
  // From here on no segment becomes durable; each leaves a snapshot.
  env.disk.pause = ({ kind, path }) =>
    kind === 'sync' && path.endsWith('.log') ? new Promise(() => {}) : Promise.resolve();
  for (const sequence of [7, 8, 9, 10, 11, 12]) assert.equal(send(partition, sequence), 'new');
  await settle(200);
  const again = await open(restarted(env, 'power'), 1);
  assert.equal(again.partition.logEndOffset, 7);
  assertGoesOn(again.partition, 7);
});

test('the process dies before the name of a newer snapshot is durable, and the power goes after the next start', async () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const env = testEnv(seed);
    const { partition } = await open(env, 0);
    await sendDurably(partition, [0, 1, 2, 3, 4, 5, 6]);
    await partition.deleteRecordsBefore(7);
    await sendDurably(partition, [7]);
    // The recovery point follows, so that the next start has nothing to recover.
    await env.clock.advance(2_000);
    await settle(100);
    env.disk.pause = async ({ kind, path }) => {
      if (kind === 'syncDirectory' && path === 'data/orders-0') env.disk.kill();
    };
    void partition.deleteRecordsBefore(8);
    await settle(100);
    assert.ok(env.disk.dead);
    const between = restarted(env, 'killed');
    await open(between, 1);
    const again = await open(restarted(between, 'power'), 2);
    assertGoesOn(again.partition, 8);
  }
});

test('records stay when what their producers need of them cannot be kept', async () => {
  const env = testEnv();
  const { partition } = await open(env, 0);
  await sendDurably(partition, [0, 1, 2, 3, 4, 5, 6]);
  env.disk.fail('io', ({ kind, path }) => kind === 'sync' && path.includes('.snapshot'));
  await assert.rejects(partition.deleteRecordsBefore(7));
  assert.equal(partition.logStartOffset, 0);
  env.disk.heal();
  await partition.deleteRecordsBefore(7);
  assert.equal(partition.logStartOffset, 7);
  const again = await open(restarted(env, 'power'), 1);
  assertGoesOn(again.partition, 7);
});

test('a start that moves often leaves one snapshot per position of the log, and none where no producer is known', async () => {
  const env = testEnv();
  const { partition } = await open(env, 0);
  const snapshots = () => env.disk.filesBelow('data/orders-0').filter((path) => path.endsWith('.snapshot'));
  assert.equal(partition.append(produced({ records: 3 }), PRODUCE_VERSION).kind, 'appended');
  await partition.whenDurable(2);
  await partition.deleteRecordsBefore(3);
  assert.deepEqual(snapshots(), []);
  await sendDurably(partition, [0, 1, 2, 3, 4, 5, 6]);
  const before = env.disk.operations;
  await partition.deleteRecordsBefore(5);
  const first = env.disk.operations - before;
  await partition.deleteRecordsBefore(8);
  assert.deepEqual(snapshots(), ['data/orders-0/00000000000000000010.snapshot']);
  assert.ok(env.disk.operations - before < 2 * first, 'what is kept is not kept again');
});

test('a stop leaves a snapshot that is there already as it is', async () => {
  const env = testEnv();
  const first = await open(env, 0);
  await sendDurably(first.partition, [0, 1, 2]);
  await first.partition.deleteRecordsBefore(3);
  await first.partition.stop('closed');
  await first.engine.close();
  const again = await open(env, 1);
  const written: string[] = [];
  env.disk.judge = ({ kind, path }) => {
    if (kind === 'rename') written.push(path);
    return { kind: 'ok' };
  };
  await again.partition.stop('closed');
  assert.deepEqual(written, []);
});
