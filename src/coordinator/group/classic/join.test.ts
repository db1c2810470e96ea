import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { limits } from '../../../base/limits.ts';
import { ErrorCode } from '../../../protocol/error-code.ts';
import { assign, GroupFixture, now, subscriptionTo, text } from '../testing/group-fixture.ts';

test('a new member is given an id first, and joins with it', async () => {
  const group = new GroupFixture();
  const promised = await group.join({});
  assert.equal(promised.errorCode, ErrorCode.MEMBER_ID_REQUIRED);
  assert.match(promised.memberId ?? '', /^client-[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
  const joined = await group.join({ memberId: promised.memberId ?? '' });
  assert.equal(joined.generationId, 1);
  assert.equal(joined.leader, promised.memberId);
  assert.equal(joined.members?.length, 1);
});

test('before version 4 a member joins at once', async () => {
  const group = new GroupFixture();
  assert.equal((await group.join({}, 3)).generationId, 1);
});

test('an id that nobody gave out is unknown, and makes no group', async () => {
  const group = new GroupFixture();
  assert.equal((await group.join({ memberId: 'made-up' })).errorCode, ErrorCode.UNKNOWN_MEMBER_ID);
  assert.equal(await group.state(), `error ${ErrorCode.GROUP_ID_NOT_FOUND}`);
});

test('a promised id is forgotten after the session timeout', async () => {
  const group = new GroupFixture();
  const { memberId = '' } = await group.join({});
  await group.env.clock.advance(10_000);
  assert.equal((await group.join({ memberId })).errorCode, ErrorCode.UNKNOWN_MEMBER_ID);
});

test('only so many ids are promised at a time', async () => {
  const group = new GroupFixture();
  for (let count = 0; count < limits.pendingMembersPerGroup; count += 1) await group.join({});
  assert.equal((await group.join({})).errorCode, ErrorCode.GROUP_MAX_SIZE_REACHED);
});

test('a second member begins a rebalance that completes when the first has joined again', async () => {
  const group = new GroupFixture();
  const first = await group.stableMember();
  const { memberId: second, joined } = await group.joinTwice();
  assert.equal(await now(joined), 'waiting');
  assert.equal(await group.state(), 'PreparingRebalance');
  assert.equal(await group.heartbeat(first, 1), ErrorCode.REBALANCE_IN_PROGRESS);
  const again = await group.join({ memberId: first });
  const follower = await joined;
  assert.equal(again.generationId, 2);
  assert.deepEqual(again.members?.map(({ memberId }) => memberId).sort(), [first, second].sort());
  assert.equal(follower.leader, first);
  assert.deepEqual(follower.members, []);
});

test('who does not join again within the rebalance timeout is gone, and another leads', async () => {
  const group = new GroupFixture();
  const first = await group.stableMember({ sessionTimeoutMs: 120_000 });
  const { memberId: second, joined } = await group.joinTwice({ sessionTimeoutMs: 120_000 });
  await group.env.clock.advance(59_999);
  assert.equal(await now(joined), 'waiting');
  await group.env.clock.advance(1);
  assert.equal((await joined).leader, second);
  assert.equal(await group.heartbeat(first, 1), ErrorCode.UNKNOWN_MEMBER_ID);
});

test('a rebalance waits for a promised id, until that is forgotten', async () => {
  const group = new GroupFixture();
  const first = await group.stableMember({ sessionTimeoutMs: 60_000 });
  await group.join({ sessionTimeoutMs: 6_000 });
  const again = group.join({ memberId: first, sessionTimeoutMs: 60_000 });
  assert.equal(await now(again), 'waiting');
  await group.env.clock.advance(6_000);
  assert.equal((await again).generationId, 2);
});

test('the first rebalance of an empty group waits for more members, and longer while they come', async () => {
  const group = new GroupFixture();
  group.settings.initialRebalanceDelayMs = 3_000;
  const first = await group.joinTwice();
  await group.env.clock.advance(2_000);
  const second = await group.joinTwice();
  await group.env.clock.advance(2_000);
  assert.equal(await now(first.joined), 'waiting');
  await group.env.clock.advance(2_000);
  assert.equal((await first.joined).members?.length, 2);
  assert.equal((await second.joined).generationId, 1);
});

test('the wait of an empty group ends at the rebalance timeout, however many come', async () => {
  const group = new GroupFixture();
  group.settings.initialRebalanceDelayMs = 3_000;
  const first = await group.joinTwice({ rebalanceTimeoutMs: 7_000 });
  for (let second = 0; second < 7; second += 1) {
    assert.equal(await now(first.joined), 'waiting');
    await group.joinTwice({ rebalanceTimeoutMs: 7_000 });
    await group.env.clock.advance(1_000);
  }
  assert.equal((await first.joined).generationId, 1);
});

test('a member that joins again before the sync gets the same generation, with other protocols a new one', async () => {
  const group = new GroupFixture();
  const { memberId, joined } = await group.joinTwice();
  await joined;
  assert.equal((await group.join({ memberId })).generationId, 1);
  const protocols = [{ name: 'range', metadata: subscriptionTo('t2') }];
  assert.equal((await group.join({ memberId, protocols })).generationId, 2);
});

test('in a stable group a follower that joins again unchanged gets the present generation, a leader a new one', async () => {
  const group = new GroupFixture();
  const [leader, follower] = await group.stablePair();
  const unchanged = await group.join({ memberId: follower });
  assert.equal(unchanged.generationId, 2);
  assert.equal(await group.heartbeat(leader, 2), ErrorCode.NONE);
  assert.equal(await now(group.join({ memberId: leader })), 'waiting');
  assert.equal(await group.heartbeat(follower, 2), ErrorCode.REBALANCE_IN_PROGRESS);
});

test('of two joins of one member the first is told to join again', async () => {
  const group = new GroupFixture();
  await group.stableMember();
  const { memberId, joined } = await group.joinTwice();
  const second = group.join({ memberId });
  assert.equal((await joined).errorCode, ErrorCode.REBALANCE_IN_PROGRESS);
  assert.equal(await now(second), 'waiting');
});

test('a protocol that is named twice counts once', async () => {
  const group = new GroupFixture();
  const protocols = [
    { name: 'range', metadata: Buffer.from('first') },
    { name: 'range', metadata: Buffer.from('second') },
  ];
  const { joined } = await group.joinTwice({ protocols });
  assert.equal(text((await joined).members?.[0]?.metadata), 'first');
});

test('the protocol is the one that most members prefer of those that all can speak', async () => {
  const group = new GroupFixture();
  group.settings.initialRebalanceDelayMs = 1_000;
  const speaks = (...names: string[]) => ({ protocols: names.map((name) => ({ name, metadata: Buffer.from(name) })) });
  const first = await group.joinTwice(speaks('range', 'roundrobin', 'sticky'));
  const second = await group.joinTwice(speaks('sticky', 'roundrobin'));
  const third = await group.joinTwice(speaks('sticky', 'other', 'roundrobin'));
  await group.env.clock.advance(10_000);
  for (const { joined } of [first, second, third]) assert.equal((await joined).protocolName, 'sticky');
});

test('a protocol may have an empty name', async () => {
  const group = new GroupFixture();
  const { joined } = await group.joinTwice({ protocols: [{ name: '', metadata: Buffer.from('x') }] });
  assert.equal((await joined).protocolName, '');
});

test('who speaks no protocol of the group cannot join it, nor who is of another type', async () => {
  const group = new GroupFixture();
  await group.stableMember();
  const other = { protocols: [{ name: 'other', metadata: Buffer.from('x') }] };
  assert.equal((await group.join(other)).errorCode, ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
  assert.equal((await group.join({ protocolType: 'connect' })).errorCode, ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
  assert.equal((await group.join({ protocols: [] })).errorCode, ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
});

test('session timeouts have bounds', async () => {
  const group = new GroupFixture();
  assert.equal((await group.join({ sessionTimeoutMs: 5_999 })).errorCode, ErrorCode.INVALID_SESSION_TIMEOUT);
  assert.equal((await group.join({ sessionTimeoutMs: 1_800_001 })).errorCode, ErrorCode.INVALID_SESSION_TIMEOUT);
  assert.equal((await group.join({ sessionTimeoutMs: 6_000 })).errorCode, ErrorCode.MEMBER_ID_REQUIRED);
});

test('a full group takes no new member, and its own join again', async () => {
  const group = new GroupFixture();
  group.settings.maxSize = 1;
  const memberId = await group.stableMember();
  assert.equal((await group.join({})).errorCode, ErrorCode.GROUP_MAX_SIZE_REACHED);
  assert.equal((await group.join({ memberId })).generationId, 2);
});

test('when a group has become too large for its bound, the last to join again is left out', async () => {
  const group = new GroupFixture();
  const [leader, follower] = await group.stablePair();
  group.settings.maxSize = 1;
  const again = group.join({ memberId: leader });
  assert.equal((await group.join({ memberId: follower })).errorCode, ErrorCode.GROUP_MAX_SIZE_REACHED);
  assert.equal((await again).members?.length, 1);
});

test('a new member whose first join waits too long is given up, whatever its session timeout', async () => {
  const group = new GroupFixture();
  const first = await group.stableMember({ sessionTimeoutMs: 1_800_000, rebalanceTimeoutMs: 1_800_000 });
  const { joined } = await group.joinTwice({ sessionTimeoutMs: 1_800_000, rebalanceTimeoutMs: 1_800_000 });
  await group.env.clock.advance(300_000);
  assert.equal((await joined).errorCode, ErrorCode.UNKNOWN_MEMBER_ID);
  const again = await group.join({ memberId: first, sessionTimeoutMs: 1_800_000 });
  assert.equal(again.members?.length, 1);
});

test('what a member said outlives the bytes of its request', async () => {
  const group = new GroupFixture();
  const metadata = Buffer.from('subscription');
  const { memberId, joined } = await group.joinTwice({ protocols: [{ name: 'range', metadata }] });
  await joined;
  const assignment = assign(memberId, 'assigned');
  await group.sync({ memberId, assignments: [assignment] });
  metadata.fill(0);
  assignment.assignment.fill(0);
  const found = await group.coordinator.describeGroup('g');
  assert.ok(typeof found !== 'number');
  assert.equal(text(found.members?.[0]?.memberMetadata), 'subscription');
  assert.equal(text(found.members?.[0]?.memberAssignment), 'assigned');
});
