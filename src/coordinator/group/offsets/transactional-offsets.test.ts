/** Offsets in transactions. What the live coordinator says is compared with what one says that has only the log. Fails when invariant I19 does not hold. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  hasProducerId,
  isControl,
  isTransactional,
  producerEpoch,
  producerId,
} from '../../../protocol/batch/header.ts';
import { ErrorCode } from '../../../protocol/error-code.ts';
import { GroupFixture, now, T1_ID } from '../testing/group-fixture.ts';

const HOUR_MS = 3_600_000;
const A = { producerId: 7 };
const B = { producerId: 8 };
const NONE = [ErrorCode.NONE];

async function assertCommitted(group: GroupFixture, expected: readonly string[], groupId = 'g'): Promise<void> {
  assert.deepEqual(await group.committed(groupId), expected);
  assert.deepEqual(await group.restarted().committed(groupId), expected);
}

async function assertStable(group: GroupFixture, expected: number | 'unstable', partition = 0): Promise<void> {
  assert.equal(await group.stable(partition), expected);
  assert.equal(await group.restarted().stable(partition), expected);
}

test('offsets of an open transaction are not seen, and unstable for those who ask', async () => {
  const group = new GroupFixture();
  await group.commit([{ offset: 5 }]);
  assert.deepEqual(await group.commitIn(A, [{ offset: 9 }, { partition: 2, offset: 7 }]), [...NONE, ...NONE]);
  await assertCommitted(group, ['t1-0: 5']);
  await assertStable(group, 'unstable');
  await assertStable(group, -1, 1);
  await assertStable(group, 'unstable', 2);
});

test('a transaction brings all its offsets when it commits, and none when it aborts', async () => {
  const group = new GroupFixture();
  await group.commitIn(A, [{ offset: 1 }, { topic: 't2', offset: 2 }]);
  await group.commitIn(A, [{ offset: 3 }]);
  await group.commitIn(B, [{ partition: 1, offset: 4 }]);
  assert.equal(await group.endTransaction(7, 'committed'), ErrorCode.NONE);
  assert.equal(await group.endTransaction(8, 'aborted'), ErrorCode.NONE);
  await assertCommitted(group, ['t1-0: 3', 't2-0: 2']);
  await assertStable(group, 3);
  await assertStable(group, -1, 1);
});

test('one transaction may commit for several groups', async () => {
  const group = new GroupFixture();
  await group.commitIn(A, [{ offset: 1 }]);
  await group.commitIn(A, [{ offset: 2 }], { groupId: 'h' });
  await group.endTransaction(7, 'committed');
  await assertCommitted(group, ['t1-0: 1']);
  await assertCommitted(group, ['t1-0: 2'], 'h');
});

test('of several commits of one offset the one that was written last counts, whichever transaction ends last', async () => {
  const group = new GroupFixture();
  await group.commitIn(A, [{ offset: 10 }]);
  await group.commitIn(B, [{ offset: 20 }]);
  await group.endTransaction(8, 'committed');
  await assertCommitted(group, ['t1-0: 20']);
  await assertStable(group, 'unstable');
  await group.commit([{ offset: 30 }]);
  await assertCommitted(group, ['t1-0: 30']);
  await group.endTransaction(7, 'committed');
  await assertCommitted(group, ['t1-0: 30']);
  await assertStable(group, 30);
});

test('records of a transaction are a batch of their own with their producer, in the order of the commands', async () => {
  const group = new GroupFixture();
  await group.committed();
  const replies = [
    group.commit([{ offset: 1 }]),
    group.commit([{ offset: 2 }]),
    group.commitIn({ producerId: 7, producerEpoch: 3 }, [{ offset: 3 }, { partition: 1 }]),
    group.commit([{ offset: 4 }]),
  ];
  await Promise.all(replies);
  await group.endTransaction(7, 'aborted', { producerEpoch: 3 });
  const seen = group.log.batches.map((batch) =>
    hasProducerId(batch)
      ? [producerId(batch), producerEpoch(batch), isTransactional(batch), isControl(batch)]
      : 'plain',
  );
  assert.deepEqual(
    seen.filter((one) => one !== 'plain'),
    [
      [7, 3, true, false],
      [7, 3, true, true],
    ],
  );
});

test('a commit is answered when it is durable, and the end of its transaction too', async () => {
  const group = new GroupFixture();
  await group.committed();
  group.log.isFast = false;
  const committed = group.commitIn(A, [{ offset: 1 }]);
  assert.equal(await now(committed), 'waiting');
  group.log.sync();
  assert.deepEqual(await now(committed), NONE);
  const ended = group.endTransaction(7, 'committed');
  const read = group.committed();
  assert.equal(await now(ended), 'waiting');
  assert.equal(await now(read), 'waiting');
  group.log.sync();
  assert.equal(await now(ended), ErrorCode.NONE);
  assert.deepEqual(await now(read), ['t1-0: 1']);
});

test('whom the transaction coordinator has not admitted writes nothing', async () => {
  const group = new GroupFixture();
  const refused = await group.commitIn({ producerId: 7, isAdmitted: false }, [{ offset: 1 }, { partition: 1 }]);
  assert.deepEqual(refused, [ErrorCode.INVALID_TXN_STATE, ErrorCode.INVALID_TXN_STATE]);
  assert.equal(group.log.batches.length, 0);
  assert.equal(await group.state(), `error ${ErrorCode.GROUP_ID_NOT_FOUND}`);
});

test('a late leave of the coordinator opens no transaction that was ended meanwhile', async () => {
  const group = new GroupFixture();
  const wish = { producerId: 7, producerEpoch: 0, baseSequence: -1, supportsEpochBump: false };
  const begun = await group.coordinator.beginTransactionalCommit('g', wish);
  assert.ok(begun.kind === 'needed');
  await group.endTransaction(7, 'aborted');
  const partitions = [{ topic: 't1', topicId: T1_ID, partition: 0, offset: 1, leaderEpoch: -1, metadata: '' }];
  const committed = await group.coordinator.commitInTransaction(
    { groupId: 'g', memberId: '', instanceId: null, generation: -1, partitions },
    { producerId: 7, producerEpoch: 0, guard: begun.guard },
  );
  assert.deepEqual(committed, [ErrorCode.INVALID_TXN_STATE]);
});

test('an old epoch of a producer can neither commit nor end', async () => {
  const group = new GroupFixture();
  await group.commitIn({ producerId: 7, producerEpoch: 2 }, [{ offset: 1 }]);
  assert.deepEqual(await group.commitIn({ producerId: 7, producerEpoch: 1 }, [{ offset: 2 }]), [
    ErrorCode.INVALID_PRODUCER_EPOCH,
  ]);
  assert.equal(await group.endTransaction(7, 'committed', { producerEpoch: 1 }), ErrorCode.INVALID_PRODUCER_EPOCH);
  await assertStable(group, 'unstable');
  assert.equal(await group.endTransaction(7, 'committed', { producerEpoch: 2 }), ErrorCode.NONE);
  await assertStable(group, 1);
});

test('an old transaction coordinator is fenced', async () => {
  const group = new GroupFixture();
  await group.commitIn(A, [{ offset: 1 }]);
  await group.endTransaction(7, 'committed', { coordinatorEpoch: 5 });
  await group.commitIn(A, [{ offset: 2 }]);
  const late = await group.endTransaction(7, 'aborted', { coordinatorEpoch: 4 });
  assert.equal(late, ErrorCode.TRANSACTION_COORDINATOR_FENCED);
  await assertStable(group, 'unstable');
});

test('the marker of transactions v2 has the next epoch, and ends the one before', async () => {
  const group = new GroupFixture();
  const v2 = { transactionVersion: 2 };
  await group.commitIn(A, [{ offset: 1 }]);
  assert.equal(await group.endTransaction(7, 'committed', v2), ErrorCode.INVALID_PRODUCER_EPOCH);
  assert.equal(await group.endTransaction(7, 'committed', { ...v2, producerEpoch: 1 }), ErrorCode.NONE);
  await group.commitIn({ producerId: 7, producerEpoch: 1 }, [{ offset: 2 }]);
  assert.equal(await group.endTransaction(7, 'aborted', { ...v2, producerEpoch: 2 }), ErrorCode.NONE);
  await assertCommitted(group, ['t1-0: 1']);
});

test('the end of a transaction may come again, and for a group that knows nothing of it', async () => {
  const group = new GroupFixture();
  await group.commitIn(A, [{ offset: 1 }]);
  for (let count = 0; count < 2; count += 1) {
    assert.equal(await group.endTransaction(7, 'committed'), ErrorCode.NONE);
  }
  assert.equal(await group.endTransaction(99, 'committed'), ErrorCode.NONE);
  await assertCommitted(group, ['t1-0: 1']);
});

test('a producer that names no member is not fenced by the group, whoever is in it', async () => {
  const group = new GroupFixture();
  assert.deepEqual(await group.commitIn(A, [{ offset: 1 }], { memberId: 'm' }), NONE);
  await group.stableMember();
  assert.deepEqual(await group.commitIn(A, [{ offset: 2 }]), NONE);
  const { joined } = await group.joinTwice({ groupId: 'completing' });
  await joined;
  assert.deepEqual(await group.commitIn(A, [{ offset: 3 }], { groupId: 'completing' }), NONE);
});

test('a producer that names a member is fenced like the member (KIP-447), but not while the group rebalances', async () => {
  const group = new GroupFixture();
  const memberId = await group.stableMember();
  const outcome = async (sender: Parameters<GroupFixture['commitIn']>[2]) =>
    (await group.commitIn(A, [{ offset: 1 }], sender))[0];
  assert.equal(await outcome({ memberId, generation: 1 }), ErrorCode.NONE);
  assert.equal(await outcome({ memberId, generation: 0 }), ErrorCode.ILLEGAL_GENERATION);
  assert.equal(await outcome({ memberId, generation: 2 }), ErrorCode.ILLEGAL_GENERATION);
  assert.equal(await outcome({ memberId }), ErrorCode.ILLEGAL_GENERATION);
  assert.equal(await outcome({ memberId: 'other', generation: 1 }), ErrorCode.UNKNOWN_MEMBER_ID);
  assert.equal(await outcome({ generation: 1 }), ErrorCode.UNKNOWN_MEMBER_ID);
  assert.equal(await outcome({ memberId, generation: 1, instanceId: 'i' }), ErrorCode.UNKNOWN_MEMBER_ID);
  assert.equal(await outcome({ groupId: 'none', memberId, generation: 1 }), ErrorCode.ILLEGAL_GENERATION);
  const { memberId: joining, joined } = await group.joinTwice({ groupId: 'completing' });
  await joined;
  assert.equal(await outcome({ groupId: 'completing', memberId: joining, generation: 1 }), ErrorCode.NONE);
});

test('a static member is fenced by its instance id', async () => {
  const group = new GroupFixture();
  const { memberId = '' } = await group.join({ groupInstanceId: 'i' });
  const outcome = async (sender: Parameters<GroupFixture['commitIn']>[2]) =>
    (await group.commitIn(A, [{ offset: 1 }], sender))[0];
  assert.equal(await outcome({ memberId, generation: 1, instanceId: 'i' }), ErrorCode.NONE);
  assert.equal(await outcome({ memberId: 'other', generation: 1, instanceId: 'i' }), ErrorCode.FENCED_INSTANCE_ID);
  assert.equal(await outcome({ memberId, generation: 1, instanceId: 'j' }), ErrorCode.UNKNOWN_MEMBER_ID);
  assert.equal(await outcome({ instanceId: 'i' }), ErrorCode.FENCED_INSTANCE_ID);
});

test('a commit in a transaction is no sign of life', async () => {
  const group = new GroupFixture();
  const memberId = await group.stableMember();
  await group.env.clock.advance(9_000);
  await group.commitIn(A, [{ offset: 1 }], { memberId, generation: 1 });
  await group.env.clock.advance(9_000);
  assert.equal(await group.state(), 'Empty');
});

test('what cannot be committed is refused for its partition alone', async () => {
  const group = new GroupFixture();
  const metadata = 'x'.repeat(4_097);
  assert.deepEqual(await group.commitIn(A, [{ metadata }, { partition: 1, offset: 2 }, { topic: 'gone' }]), [
    ErrorCode.OFFSET_METADATA_TOO_LARGE,
    ErrorCode.NONE,
    ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ]);
  await group.endTransaction(7, 'committed');
  await assertCommitted(group, ['t1-1: 2']);
});

test('an empty group id is refused', async () => {
  const wish = { producerId: 7, producerEpoch: 0, baseSequence: -1, supportsEpochBump: false };
  assert.deepEqual(await new GroupFixture().coordinator.beginTransactionalCommit('', wish), {
    kind: 'refused',
    error: ErrorCode.INVALID_GROUP_ID,
  });
});

test('an offset that was deleted does not come back with the end of a transaction', async () => {
  const group = new GroupFixture();
  await group.commit([{ offset: 100 }, { partition: 1, offset: 101 }]);
  await group.commitIn(A, [{ offset: 5 }]);
  const partitions = [0, 1].map((partition) => ({ topic: 't1', partition }));
  assert.deepEqual(await group.coordinator.deleteOffsets({ groupId: 'g', partitions }), [...NONE, ...NONE]);
  await assertStable(group, -1);
  await group.endTransaction(7, 'committed');
  await assertCommitted(group, []);
});

test('a group that is deleted takes what is pending for it along', async () => {
  const group = new GroupFixture();
  await group.commitIn(A, [{ offset: 1 }]);
  assert.equal(await group.state(), 'Empty');
  assert.equal(await group.coordinator.deleteGroup('g'), ErrorCode.NONE);
  await assertStable(group, -1);
  await group.endTransaction(7, 'committed');
  await assertCommitted(group, []);
});

test('a topic that is deleted takes what is pending for it along', async () => {
  const group = new GroupFixture();
  await group.commitIn(A, [{ offset: 1 }, { topic: 't2', offset: 2 }]);
  group.topics.delete('t1');
  group.coordinator.onTopicsDeleted([{ name: 't1', id: T1_ID }]);
  await group.endTransaction(7, 'committed');
  await assertCommitted(group, ['t2-0: 2']);
});

test('neither an offset that a transaction may change expires, nor its group', async () => {
  const group = new GroupFixture();
  group.settings.offsetsRetentionMs = HOUR_MS;
  await group.commit([{ offset: 1 }, { partition: 1, offset: 1 }]);
  await group.commitIn(A, [{ offset: 2 }]);
  await group.env.clock.advance(3 * HOUR_MS);
  await assertCommitted(group, ['t1-0: 1']);
  await group.endTransaction(7, 'aborted');
  await group.env.clock.advance(HOUR_MS);
  assert.equal(await group.state(), `error ${ErrorCode.GROUP_ID_NOT_FOUND}`);
});

test('a partition that takes no writes loses nothing: clients look for another coordinator, a marker comes again', async () => {
  const group = new GroupFixture();
  await group.commitIn(A, [{ offset: 1 }]);
  group.log.refuses = true;
  assert.deepEqual(await group.commitIn(A, [{ offset: 2 }]), [ErrorCode.NOT_COORDINATOR]);
  assert.equal(await group.endTransaction(7, 'committed'), ErrorCode.KAFKA_STORAGE_ERROR);
  group.log.refuses = false;
  assert.equal(await group.endTransaction(7, 'committed'), ErrorCode.NONE);
  await assertCommitted(group, ['t1-0: 1']);
  group.log.fail('not-leader');
  assert.equal(await group.endTransaction(7, 'committed'), ErrorCode.NOT_LEADER_OR_FOLLOWER);
});
