/** A decision survives crashes and stops between EndTxn and the last marker (invariant I18): whole brokers over files on a simulated disk. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type TestEnv, testEnv } from '../../sim/test-env.ts';
import { settle } from '../../sim/virtual-clock.ts';
import { PRODUCE_VERSION, produced } from '../partition/partition.fixture.ts';
import type { Partition } from '../partition/partition.ts';
import { isControl } from '../protocol/batch/header.ts';
import { batches } from '../protocol/batch/iterate.ts';
import { ControlType, controlTypeOf, recordsOf } from '../protocol/batch/records.ts';
import { ErrorCode } from '../protocol/error-code.ts';
import { type LocalBroker, localBroker } from './local-broker.fixture.ts';

const SETTINGS = {
  'offsets.topic.num.partitions': '1',
  'transaction.state.log.num.partitions': '1',
  'transaction.partition.verification.enable': 'false',
};
const PARTITIONS = [0, 1, 2];
const GROUP = 'g';
const TIMEOUT_MS = 30_000;
/** Long enough for a transaction that is open after the restart to time out. */
const UNTIL_TIMED_OUT_MS = TIMEOUT_MS + 20_000;
const transactionalId = 'tx';

/** A broker where a transaction has records in three partitions and an offset of a group, and is about to end. */
async function openTransaction(env = testEnv()) {
  const local = await localBroker(SETTINGS, ['data'], env);
  const { broker, createTopic, partition } = local;
  await createTopic('t', PARTITIONS.length);
  await broker.metadata.ensureTopic('__consumer_offsets');
  await broker.metadata.ensureTopic('__transaction_state');
  const reply = await broker.transactions.initProducerId({
    transactionalId,
    timeoutMs: TIMEOUT_MS,
    expected: undefined,
  });
  assert.equal(reply.kind, 'initialized');
  if (reply.kind !== 'initialized') throw new Error('no producer');
  const producer = { producerId: reply.producerId, producerEpoch: reply.producerEpoch };
  const partitions = [
    ...PARTITIONS.map((index) => ({ topic: 't', partition: index })),
    { topic: '__consumer_offsets', partition: 0 },
  ];
  const added = { transactionalId, ...producer, partitions, clientVersion: 2 };
  assert.equal(await broker.transactions.addPartitions(added), ErrorCode.NONE);
  for (const index of PARTITIONS) await appendInTransaction(await partition('t', index), producer);
  assert.deepEqual(await commitInTransaction(local, producer), [ErrorCode.NONE]);
  const end = (isCommit: boolean) =>
    broker.transactions.endTransaction({ transactionalId, ...producer, isCommit, clientVersion: 2 });
  return { ...local, producer, end };
}

type Producer = { readonly producerId: number; readonly producerEpoch: number };

async function appendInTransaction(partition: Partition, producer: Producer): Promise<void> {
  const result = partition.append(produced({ isTransactional: true, ...producer, baseSequence: 0 }), PRODUCE_VERSION);
  assert.equal(result.kind, 'appended');
  if (result.kind === 'appended') await partition.whenDurable(result.lastOffset);
}

async function commitInTransaction({ broker }: LocalBroker, producer: Producer): Promise<readonly ErrorCode[]> {
  const topicId = broker.metadata.image.topicByName('t')?.id ?? '';
  const wish = { ...producer, baseSequence: -1, supportsEpochBump: true };
  const verification = await broker.groups.beginTransactionalCommit(GROUP, wish);
  const guard = verification.kind === 'needed' ? verification.guard : undefined;
  const partitions = [{ topic: 't', topicId, partition: 0, offset: 7, leaderEpoch: -1, metadata: '' }];
  const commit = { groupId: GROUP, memberId: '', instanceId: null, generation: -1, partitions };
  return broker.groups.commitInTransaction(commit, { ...producer, guard });
}

/** The same disk, under a broker that starts over it. The clock begins anew. */
async function restart(env: TestEnv): Promise<LocalBroker> {
  const fresh = testEnv();
  await fresh.clock.advance(env.clock.monotonicMs());
  return localBroker(SETTINGS, ['data'], { ...fresh, disk: env.disk.restarted(fresh.clock) });
}

/** How the transaction has ended, everywhere; fails when it hangs somewhere, or ended in two ways. */
async function outcomeOf(local: LocalBroker): Promise<'committed' | 'aborted'> {
  const outcomes = new Set<string>();
  for (const index of PARTITIONS) {
    const partition = await local.partition('t', index);
    assert.equal(partition.lastStableOffset, partition.logEndOffset, `partition ${index} hangs`);
    outcomes.add(await firstMarkerOf(partition));
  }
  const topics = [{ topic: 't', partitions: [0] }];
  const fetched = await local.broker.groups.fetchOffsets({ groupId: GROUP, topics, requireStable: true });
  assert.ok(typeof fetched !== 'number');
  const [offset] = fetched[0]?.partitions ?? [];
  assert.equal(offset?.errorCode ?? ErrorCode.NONE, ErrorCode.NONE, 'the offset hangs');
  outcomes.add(offset?.committedOffset === 7 ? 'committed' : 'aborted');
  const described = await local.broker.transactions.describe(transactionalId);
  assert.ok(typeof described !== 'number');
  outcomes.add(described.transactionState === 'CompleteCommit' ? 'committed' : 'aborted');
  const [outcome] = outcomes;
  assert.equal(outcomes.size, 1, `the transaction ended as ${[...outcomes].join(' and ')}`);
  return outcome === 'committed' ? 'committed' : 'aborted';
}

async function firstMarkerOf(partition: Partition): Promise<string> {
  const types: (number | undefined)[] = [];
  await partition.replay((bytes) => {
    for (const batch of batches(bytes)) {
      if (isControl(batch))
        for (const { key } of recordsOf(batch)) types.push(key === null ? undefined : controlTypeOf(key));
    }
  });
  assert.ok(
    types.every((type) => type === types[0]),
    'a partition has markers of both kinds',
  );
  return types[0] === ControlType.COMMIT ? 'committed' : 'aborted';
}

for (const isCommit of [true, false]) {
  const outcome = isCommit ? 'committed' : 'aborted';

  test(`a transaction that is being ${outcome} ends on all partitions, whichever call of the disk is the last before a crash`, async () => {
    let crashes = 0;
    for (let survived = 0; ; survived += 1) {
      const { env, broker, end } = await openTransaction();
      const first = env.disk.operations;
      env.disk.judge = ({ sequence }) => (sequence >= first + survived ? { kind: 'crash' } : { kind: 'ok' });
      let isAcknowledged = false;
      void end(isCommit).then(({ kind }) => {
        isAcknowledged = kind === 'ended';
      });
      await settle(40);
      const isOver = !env.disk.crashed;
      const restarted = await restart(env);
      await settle();
      await restarted.env.clock.advance(UNTIL_TIMED_OUT_MS);
      const found = await outcomeOf(restarted);
      if (isAcknowledged) assert.equal(found, outcome, `the answer was a lie after ${survived} calls`);
      await restarted.stop();
      broker.transactions.stop();
      if (isOver) break;
      crashes += 1;
    }
    assert.ok(crashes >= 5, `only ${crashes} crashes`);
  });

  test(`a transaction that is being ${outcome} ends on all partitions, whenever the broker is stopped`, async () => {
    for (let rounds = 0; rounds < 12; rounds += 1) {
      const { env, end, stop } = await openTransaction();
      const ended = end(isCommit);
      await settle(rounds);
      const stopping = stop();
      await settle();
      await env.clock.advance(5_000);
      await stopping;
      const { kind } = await ended;
      const restarted = await restart(env);
      await settle();
      // Its end does not wait for anybody to ask.
      if (kind === 'ended') assert.equal(await outcomeOf(restarted), outcome, `stopped after ${rounds} turns`);
      await restarted.env.clock.advance(UNTIL_TIMED_OUT_MS);
      await outcomeOf(restarted);
      await restarted.stop();
    }
  });
}

test('a partition whose disk fails has its marker when the disk works again', async () => {
  const { env, end, partition, stop } = await openTransaction();
  env.disk.fail('io', ({ kind, path }) => kind === 'sync' && /t-1.*\.log$/.test(path));
  assert.equal((await end(true)).kind, 'ended');
  await env.clock.advance(1_000);
  const stable = async (index: number) => {
    const { lastStableOffset, logEndOffset } = await partition('t', index);
    return lastStableOffset === logEndOffset;
  };
  assert.equal(await stable(0), true);
  env.disk.heal();
  await env.clock.advance(20_000);
  assert.equal(await stable(1), true);
  await stop();
});
