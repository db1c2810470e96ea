import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { ErrorCode } from '../../../protocol/error-code.ts';
import { GroupFixture, subscriptionTo, T1_ID, T2_ID } from '../testing/group-fixture.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

test('whoever takes no part in rebalances may commit for a group that nobody else uses', async () => {
  const group = new GroupFixture();
  assert.deepEqual(await group.commit([{ offset: 5 }, { partition: 1, offset: 6 }]), [0, 0]);
  assert.deepEqual(await group.committed(), ['t1-0: 5', 't1-1: 6']);
  assert.equal(await group.state(), 'Empty');
});

test('an anonymous commit into a group with members is refused', async () => {
  const group = new GroupFixture();
  await group.stableMember();
  assert.deepEqual(await group.commit([{}]), [ErrorCode.UNKNOWN_MEMBER_ID]);
});

test('a member commits in its generation, also while the next is prepared, not before it has its assignment', async () => {
  const group = new GroupFixture();
  const memberId = await group.stableMember();
  assert.deepEqual(await group.commit([{ offset: 1 }], { memberId, generation: 1 }), [ErrorCode.NONE]);
  assert.deepEqual(await group.commit([{}], { memberId, generation: 2 }), [ErrorCode.ILLEGAL_GENERATION]);
  assert.deepEqual(await group.commit([{}], { memberId: 'x', generation: 1 }), [ErrorCode.UNKNOWN_MEMBER_ID]);
  const { joined } = await group.joinTwice();
  assert.deepEqual(await group.commit([{ offset: 2 }], { memberId, generation: 1 }), [ErrorCode.NONE]);
  await group.join({ memberId });
  await joined;
  assert.deepEqual(await group.commit([{}], { memberId, generation: 2 }), [ErrorCode.REBALANCE_IN_PROGRESS]);
  assert.deepEqual(await group.committed(), ['t1-0: 2']);
});

test('a member of a group that does not exist is told so in the words of its version', async () => {
  const group = new GroupFixture();
  const sender = { memberId: 'm', generation: 3 };
  assert.deepEqual(await group.commit([{}], { ...sender, apiVersion: 8 }), [ErrorCode.ILLEGAL_GENERATION]);
  assert.deepEqual(await group.commit([{}], { ...sender, apiVersion: 9 }), [ErrorCode.GROUP_ID_NOT_FOUND]);
});

test('a commit is a sign of life', async () => {
  const group = new GroupFixture();
  const memberId = await group.stableMember();
  await group.env.clock.advance(9_000);
  await group.commit([{}], { memberId, generation: 1 });
  await group.env.clock.advance(9_000);
  assert.equal(await group.state(), 'Stable');
});

test('metadata that is too long is refused for its partition alone', async () => {
  const group = new GroupFixture();
  const long = 'x'.repeat(4_097);
  const outcomes = await group.commit([{ metadata: long }, { partition: 1, metadata: long.slice(1) }]);
  assert.deepEqual(outcomes, [ErrorCode.OFFSET_METADATA_TOO_LARGE, ErrorCode.NONE]);
});

test('a commit is answered, and read, only when it is durable', async () => {
  const group = new GroupFixture();
  await group.commit([{ offset: 1 }]);
  group.log.isFast = false;
  let isAnswered = false;
  const committed = Promise.resolve(group.commit([{ offset: 2 }])).then(() => {
    isAnswered = true;
  });
  const read = group.committed().then((offsets) => ({ offsets, isAnswered }));
  await group.env.clock.advance(1);
  assert.equal(isAnswered, false);
  group.log.sync();
  await committed;
  assert.deepEqual((await read).offsets, ['t1-0: 2']);
});

test('offsets of a topic that members subscribe to cannot be deleted, others can', async () => {
  const group = new GroupFixture();
  const memberId = await group.stableMember();
  await group.commit([{ offset: 1 }, { topic: 't2', offset: 2 }], { memberId, generation: 1 });
  const partitions = [
    { topic: 't1', partition: 0 },
    { topic: 't2', partition: 0 },
    { topic: 't2', partition: 9 },
  ];
  const outcomes = await group.coordinator.deleteOffsets({ groupId: 'g', partitions });
  assert.deepEqual(outcomes, [ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC, ErrorCode.NONE, ErrorCode.NONE]);
  assert.deepEqual(await group.committed(), ['t1-0: 1']);
});

test('consumers whose subscription cannot be read may use any topic', async () => {
  const group = new GroupFixture();
  for (const metadata of ['', 'm', 'md', '\u{0}\u{0}\u{7f}\u{0}\u{0}\u{0}']) {
    const fixture = new GroupFixture();
    await fixture.stableMember({ protocols: [{ name: 'range', metadata: Buffer.from(metadata) }] });
    const outcomes = await fixture.coordinator.deleteOffsets({
      groupId: 'g',
      partitions: [{ topic: 't2', partition: 0 }],
    });
    assert.deepEqual(outcomes, [ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC]);
  }
  await group.stableMember({ protocolType: 'connect' });
  const outcome = await group.coordinator.deleteOffsets({ groupId: 'g', partitions: [] });
  assert.equal(outcome, ErrorCode.NON_EMPTY_GROUP);
});

test('when a topic is deleted, what was committed for it goes', async () => {
  const group = new GroupFixture();
  await group.commit([{ offset: 1 }, { topic: 't2', offset: 2 }]);
  group.topics.delete('t1');
  group.coordinator.onTopicsDeleted([{ name: 't1', id: T1_ID }]);
  assert.deepEqual(await group.committed(), ['t2-0: 2']);
});

test('what was committed for a topic is never seen under a new topic of the same name', async () => {
  const group = new GroupFixture();
  await group.commit([{ offset: 1 }]);
  group.topics.set('t1', 'BBBBBBBBBBBBBBBBBBBBBA');
  const topics = [{ topic: 't1', partitions: [0] }];
  const fetched = await group.coordinator.fetchOffsets({ groupId: 'g', topics, requireStable: false });
  assert.ok(typeof fetched !== 'number');
  assert.equal(fetched[0]?.partitions[0]?.committedOffset, -1);
  assert.deepEqual(await group.committed(), []);
});

test('offsets of topics that were deleted while nobody looked are swept when the state is loaded', async () => {
  const group = new GroupFixture();
  await group.commit([{ offset: 1 }, { topic: 't2', offset: 2 }]);
  group.topics.delete('t1');
  const restarted = group.restarted();
  assert.deepEqual(await restarted.committed(), ['t2-0: 2']);
  group.topics.set('t1', T1_ID);
  assert.deepEqual(await restarted.restarted().committed(), ['t2-0: 2']);
});

test('offsets of a simple group expire after their last commit, and the group with the last of them', async () => {
  const group = new GroupFixture();
  await group.commit([{ offset: 1 }]);
  await group.env.clock.advance(3 * DAY_MS);
  await group.commit([{ partition: 1, offset: 2 }]);
  await group.env.clock.advance(4 * DAY_MS + HOUR_MS);
  assert.deepEqual(await group.committed(), ['t1-1: 2']);
  await group.env.clock.advance(3 * DAY_MS);
  assert.equal(await group.state(), `error ${ErrorCode.GROUP_ID_NOT_FOUND}`);
});

test('offsets of a group with members do not expire while it subscribes to their topic', async () => {
  const group = new GroupFixture();
  group.settings.offsetsRetentionMs = HOUR_MS;
  const memberId = await group.stableMember({ sessionTimeoutMs: 1_800_000 });
  await group.commit([{ offset: 1 }, { topic: 't2', offset: 2 }], { memberId, generation: 1 });
  for (let count = 0; count < 5; count += 1) {
    await group.env.clock.advance(HOUR_MS / 3);
    assert.equal(await group.heartbeat(memberId, 1), ErrorCode.NONE);
  }
  assert.deepEqual(await group.committed(), ['t1-0: 1']);
});

test('offsets of a group without members expire after it became empty, however old they are', async () => {
  const group = new GroupFixture();
  group.settings.offsetsRetentionMs = HOUR_MS;
  const memberId = await group.stableMember({ sessionTimeoutMs: 1_800_000 });
  await group.commit([{ offset: 1 }], { memberId, generation: 1 });
  await group.env.clock.advance(HOUR_MS / 3);
  await group.heartbeat(memberId, 1);
  await group.env.clock.advance(HOUR_MS / 3);
  await group.coordinator.leaveGroup('g', [{ memberId, instanceId: null }]);
  await group.env.clock.advance(HOUR_MS - 600_000);
  assert.deepEqual(await group.committed(), ['t1-0: 1']);
  await group.env.clock.advance(1_200_000);
  assert.deepEqual(await group.committed(), []);
});

test('a commit that names its own retention ends then', async () => {
  const group = new GroupFixture();
  await group.commit([{ offset: 1 }], { retentionMs: 1 });
  await group.commit([{ partition: 1, offset: 2 }]);
  await group.env.clock.advance(600_000);
  assert.deepEqual(await group.committed(), ['t1-1: 2']);
});

test('an empty group that gave out an id is not swept away', async () => {
  const group = new GroupFixture();
  const { memberId = '' } = await group.join({ sessionTimeoutMs: 1_800_000 });
  await group.env.clock.advance(1_200_000);
  assert.equal((await group.join({ memberId })).generationId, 1);
});

test('a subscription is read in every version, also one to come', async () => {
  const group = new GroupFixture();
  const metadata = Buffer.concat([subscriptionTo('t2'), Buffer.from('what version 9 adds')]);
  metadata[1] = 9;
  await group.stableMember({ protocols: [{ name: 'range', metadata }] });
  const partitions = [
    { topic: 't1', partition: 0 },
    { topic: 't2', partition: 0 },
  ];
  const outcomes = await group.coordinator.deleteOffsets({ groupId: 'g', partitions });
  assert.deepEqual(outcomes, [ErrorCode.NONE, ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC]);
  assert.equal(group.topics.get('t2'), T2_ID);
});
