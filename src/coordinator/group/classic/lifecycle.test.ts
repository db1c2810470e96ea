import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { ErrorCode } from '../../../protocol/error-code.ts';
import { assign, GroupFixture, now, text } from '../testing/group-fixture.ts';

test('followers wait for the leader, who assigns for all; who is forgotten gets nothing', async () => {
  const group = new GroupFixture();
  const [first, second] = await group.joinedPair();
  const followed = group.sync({ memberId: second, generationId: 2 });
  assert.equal(await now(followed), 'waiting');
  const led = await group.sync({ memberId: first, generationId: 2, assignments: [assign(first, 'a1')] });
  assert.equal(text(led.assignment), 'a1');
  assert.equal(text((await followed).assignment), '');
  assert.equal(await group.state(), 'Stable');
});

test('an assignment is answered only when it is durable', async () => {
  const group = new GroupFixture();
  const { memberId, joined } = await group.joinTwice();
  await joined;
  group.log.isFast = false;
  const synced = group.sync({ memberId, assignments: [assign(memberId, 'a')] });
  assert.equal(await now(synced), 'waiting');
  group.log.sync();
  assert.equal(text((await synced).assignment), 'a');
});

test('in a stable group every sync gets the assignment, and nobody can change it', async () => {
  const group = new GroupFixture();
  const [leader, follower] = await group.stablePair();
  assert.equal(text((await group.sync({ memberId: follower, generationId: 2 })).assignment), 'a2');
  const late = await group.sync({ memberId: leader, generationId: 2, assignments: [assign(leader, 'late')] });
  assert.equal(text(late.assignment), 'a1');
});

test('a sync names its member, generation and protocol rightly or is refused', async () => {
  const group = new GroupFixture();
  const { memberId, joined } = await group.joinTwice();
  await joined;
  const errorOf = async (request: Parameters<GroupFixture['sync']>[0]) =>
    (await group.sync({ memberId, ...request })).errorCode;
  assert.equal(await errorOf({ groupId: '' }), ErrorCode.INVALID_GROUP_ID);
  assert.equal(await errorOf({ groupId: 'none' }), ErrorCode.UNKNOWN_MEMBER_ID);
  assert.equal(await errorOf({ memberId: 'x' }), ErrorCode.UNKNOWN_MEMBER_ID);
  assert.equal(await errorOf({ generationId: 2 }), ErrorCode.ILLEGAL_GENERATION);
  assert.equal(await errorOf({ protocolName: 'other' }), ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
  assert.equal(await errorOf({ protocolType: 'connect' }), ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
});

test('a sync that waits is told of a new rebalance', async () => {
  const group = new GroupFixture();
  const [first, second] = await group.joinedPair();
  const followed = group.sync({ memberId: second, generationId: 2 });
  const protocols = [{ name: 'range', metadata: Buffer.from('changed') }];
  void group.join({ memberId: first, protocols });
  assert.equal((await followed).errorCode, ErrorCode.REBALANCE_IN_PROGRESS);
});

test('of two syncs of one member the first is told to join again', async () => {
  const group = new GroupFixture();
  const [first, second] = await group.joinedPair();
  const followed = group.sync({ memberId: second, generationId: 2 });
  const again = group.sync({ memberId: second, generationId: 2 });
  assert.equal((await followed).errorCode, ErrorCode.REBALANCE_IN_PROGRESS);
  await group.sync({ memberId: first, generationId: 2, assignments: [assign(second, 'a2')] });
  assert.equal(text((await again).assignment), 'a2');
});

test('who does not sync within the rebalance timeout is gone, and the others begin anew', async () => {
  const group = new GroupFixture();
  const [leader, follower] = await group.stablePair();
  const members = { sessionTimeoutMs: 1_800_000, rebalanceTimeoutMs: 60_000 };
  const again = group.join({ memberId: leader, ...members });
  await group.join({ memberId: follower, ...members });
  await again;
  await group.sync({ memberId: leader, generationId: 3, assignments: [] });
  await group.env.clock.advance(60_000);
  assert.equal(await group.heartbeat(follower, 3), ErrorCode.UNKNOWN_MEMBER_ID);
  assert.equal(await group.heartbeat(leader, 3), ErrorCode.REBALANCE_IN_PROGRESS);
});

test('a waiting sync whose member leaves is told so', async () => {
  const group = new GroupFixture();
  const [, second] = await group.joinedPair();
  const followed = group.sync({ memberId: second, generationId: 2 });
  await group.coordinator.leaveGroup('g', [{ memberId: second, instanceId: null }]);
  assert.equal((await followed).errorCode, ErrorCode.UNKNOWN_MEMBER_ID);
});

test('a waiting join whose member leaves is told so', async () => {
  const group = new GroupFixture();
  await group.stableMember();
  const { memberId, joined } = await group.joinTwice();
  await group.coordinator.leaveGroup('g', [{ memberId, instanceId: null }]);
  assert.equal((await joined).errorCode, ErrorCode.UNKNOWN_MEMBER_ID);
});

test('heartbeats, and nothing else, keep an idle member', async () => {
  const group = new GroupFixture();
  const memberId = await group.stableMember();
  for (let count = 0; count < 5; count += 1) {
    await group.env.clock.advance(9_999);
    assert.equal(await group.heartbeat(memberId, 1), ErrorCode.NONE);
  }
  await group.env.clock.advance(9_999);
  assert.equal(await group.state(), 'Stable');
  await group.env.clock.advance(1);
  assert.equal(await group.state(), 'Empty');
  assert.equal(await group.heartbeat(memberId, 1), ErrorCode.UNKNOWN_MEMBER_ID);
});

test('a heartbeat moves no timer', async () => {
  const group = new GroupFixture();
  const memberId = await group.stableMember();
  let timers = 0;
  const { after } = group.env.clock;
  group.env.clock.after = (delayMs, callback) => {
    timers += 1;
    return after.call(group.env.clock, delayMs, callback);
  };
  for (let count = 0; count < 1_000; count += 1) assert.equal(group.heartbeat(memberId, 1), ErrorCode.NONE);
  assert.equal(timers, 0);
});

test('when one of two is silent for too long, the other learns of a rebalance', async () => {
  const group = new GroupFixture();
  const [leader] = await group.stablePair();
  await group.env.clock.advance(6_000);
  assert.equal(await group.heartbeat(leader, 2), ErrorCode.NONE);
  await group.env.clock.advance(4_000);
  assert.equal(await group.heartbeat(leader, 2), ErrorCode.REBALANCE_IN_PROGRESS);
});

test('members whose requests wait need no heartbeats', async () => {
  const group = new GroupFixture();
  const [leader, follower] = await group.stablePair();
  const again = group.join({ memberId: leader });
  for (let count = 0; count < 3; count += 1) {
    await group.env.clock.advance(9_000);
    assert.equal(await group.heartbeat(follower, 2), ErrorCode.REBALANCE_IN_PROGRESS);
  }
  await group.join({ memberId: follower });
  assert.equal((await again).members?.length, 2);
});

test('when all have left, the group is empty and has used a generation for it', async () => {
  const group = new GroupFixture();
  const memberId = await group.stableMember();
  assert.deepEqual(await group.coordinator.leaveGroup('g', [{ memberId, instanceId: null }]), [ErrorCode.NONE]);
  assert.equal(await group.state(), 'Empty');
  const { joined } = await group.joinTwice({ protocolType: 'connect' });
  assert.equal((await joined).generationId, 3);
});

test('when the leader leaves, the one who was there longest leads next', async () => {
  const group = new GroupFixture();
  const [leader, follower] = await group.stablePair();
  await group.coordinator.leaveGroup('g', [{ memberId: leader, instanceId: null }]);
  const again = await group.join({ memberId: follower });
  assert.equal(again.leader, follower);
  assert.equal(again.generationId, 3);
});

test('several leave at once, each with an answer of its own', async () => {
  const group = new GroupFixture();
  const [leader, follower] = await group.stablePair();
  const leavers = ['x', follower, leader, follower, ''].map((memberId) => ({ memberId, instanceId: null }));
  const { UNKNOWN_MEMBER_ID, NONE } = ErrorCode;
  const expected = [UNKNOWN_MEMBER_ID, NONE, NONE, UNKNOWN_MEMBER_ID, UNKNOWN_MEMBER_ID];
  assert.deepEqual(await group.coordinator.leaveGroup('g', leavers), expected);
});

test('a promised id that leaves does not disturb a stable group', async () => {
  const group = new GroupFixture();
  const memberId = await group.stableMember();
  const { memberId: promised = '' } = await group.join({});
  assert.deepEqual(await group.coordinator.leaveGroup('g', [{ memberId: promised, instanceId: null }]), [0]);
  assert.equal(await group.heartbeat(memberId, 1), ErrorCode.NONE);
});

test('a group with members cannot be deleted; an empty one goes with its offsets', async () => {
  const group = new GroupFixture();
  const memberId = await group.stableMember();
  await group.commit([{ offset: 5 }], { memberId, generation: 1 });
  assert.equal(await group.coordinator.deleteGroup('g'), ErrorCode.NON_EMPTY_GROUP);
  await group.coordinator.leaveGroup('g', [{ memberId, instanceId: null }]);
  assert.equal(await group.coordinator.deleteGroup('g'), ErrorCode.NONE);
  assert.equal(await group.coordinator.deleteGroup('g'), ErrorCode.GROUP_ID_NOT_FOUND);
  assert.deepEqual(await group.committed(), []);
  assert.equal((await (await group.joinTwice()).joined).generationId, 1);
});

test('a thousand groups live side by side, and their sessions end each in its time', async () => {
  const group = new GroupFixture();
  const ids = Array.from({ length: 1_000 }, (_, index) => `group-${index}`);
  for (const groupId of ids) await group.join({ groupId, sessionTimeoutMs: 20_000 }, 3);
  const members = new Map<string, string>();
  for (const groupId of ids) {
    const found = await group.coordinator.describeGroup(groupId);
    assert.ok(typeof found !== 'number');
    members.set(groupId, found.members?.[0]?.memberId ?? '');
  }
  await group.env.clock.advance(15_000);
  for (const groupId of ids.slice(0, 500)) {
    const memberId = members.get(groupId) ?? '';
    const beat = { groupId, memberId, generationId: 1, groupInstanceId: null };
    assert.equal(group.coordinator.heartbeat(beat), ErrorCode.NONE);
  }
  await group.env.clock.advance(5_000);
  const states = await group.coordinator.listGroups();
  assert.ok(typeof states !== 'number');
  assert.equal(states.filter(({ groupState }) => groupState === 'Empty').length, 500);
});
