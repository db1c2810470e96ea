import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { ErrorCode } from '../../../protocol/error-code.ts';
import { assign, GroupFixture, now, text } from '../testing/group-fixture.ts';

/** A stable group of one static member, `i1`. */
async function stableStatic(group: GroupFixture): Promise<string> {
  const { memberId = '', generationId } = await group.join({ groupInstanceId: 'i1' });
  assert.equal(generationId, 1);
  await group.sync({ memberId, groupInstanceId: 'i1', assignments: [assign(memberId, 'a1')] });
  return memberId;
}

test('a static member joins at once, its id begins with its instance id', async () => {
  const group = new GroupFixture();
  assert.match(await stableStatic(group), /^i1-/);
});

test('a static leader that comes back keeps generation and assignment, and skips the assigning', async () => {
  const group = new GroupFixture();
  const before = await stableStatic(group);
  const back = await group.join({ groupInstanceId: 'i1' });
  assert.notEqual(back.memberId, before);
  assert.equal(back.generationId, 1);
  assert.equal(back.leader, back.memberId);
  assert.equal(back.skipAssignment, true);
  const synced = await group.sync({ memberId: back.memberId ?? '', groupInstanceId: 'i1' });
  assert.equal(text(synced.assignment), 'a1');
});

test('before version 9 a static leader that comes back is told that its former self leads', async () => {
  const group = new GroupFixture();
  const before = await stableStatic(group);
  const back = await group.join({ groupInstanceId: 'i1' }, 8);
  assert.equal(back.leader, before);
  assert.deepEqual(back.members, []);
});

test('whoever holds the old id is fenced', async () => {
  const group = new GroupFixture();
  const before = await stableStatic(group);
  const { memberId = '' } = await group.join({ groupInstanceId: 'i1' });
  assert.equal(await group.heartbeat(before, 1, 'i1'), ErrorCode.FENCED_INSTANCE_ID);
  assert.equal(await group.heartbeat(before, 1), ErrorCode.UNKNOWN_MEMBER_ID);
  const claims = { memberId: before, groupInstanceId: 'i1' };
  assert.equal((await group.join(claims)).errorCode, ErrorCode.FENCED_INSTANCE_ID);
  assert.equal((await group.sync(claims)).errorCode, ErrorCode.FENCED_INSTANCE_ID);
  const left = await group.coordinator.leaveGroup('g', [{ memberId: before, instanceId: 'i1' }]);
  assert.deepEqual(left, [ErrorCode.FENCED_INSTANCE_ID]);
  assert.equal(await group.heartbeat(memberId, 1, 'i1'), ErrorCode.NONE);
});

test('a static member that is replaced while its join waits is fenced there', async () => {
  const group = new GroupFixture();
  await group.stableMember();
  const first = group.join({ groupInstanceId: 'i1' });
  assert.equal(await now(first), 'waiting');
  const second = group.join({ groupInstanceId: 'i1' });
  assert.equal((await first).errorCode, ErrorCode.FENCED_INSTANCE_ID);
  assert.equal(await now(second), 'waiting');
});

test('a static member that is replaced while its sync waits is fenced there, and the generation begins anew', async () => {
  const group = new GroupFixture();
  const dynamic = await group.stableMember();
  const joined = group.join({ groupInstanceId: 'i1' });
  await group.join({ memberId: dynamic });
  const { memberId = '' } = await joined;
  const synced = group.sync({ memberId, generationId: 2, groupInstanceId: 'i1' });
  void group.join({ groupInstanceId: 'i1' });
  assert.equal((await synced).errorCode, ErrorCode.FENCED_INSTANCE_ID);
  assert.equal(await group.heartbeat(dynamic, 2), ErrorCode.REBALANCE_IN_PROGRESS);
});

test('a static member that comes back with other protocols begins a rebalance if another would be chosen', async () => {
  const group = new GroupFixture();
  await stableStatic(group);
  const speaks = (...names: string[]) => names.map((name) => ({ name, metadata: Buffer.from(name) }));
  const same = await group.join({ groupInstanceId: 'i1', protocols: speaks('range', 'sticky') });
  assert.equal(same.generationId, 1);
  const other = await group.join({ groupInstanceId: 'i1', protocols: speaks('sticky', 'range') });
  assert.equal(other.generationId, 2);
  assert.equal(other.protocolName, 'sticky');
});

test('a static member survives a rebalance that it missed, until its session ends', async () => {
  const group = new GroupFixture();
  await group.join({ groupInstanceId: 'i1', sessionTimeoutMs: 120_000, rebalanceTimeoutMs: 10_000 });
  const { joined } = await group.joinTwice({ sessionTimeoutMs: 120_000, rebalanceTimeoutMs: 10_000 });
  await group.env.clock.advance(10_000);
  assert.equal((await joined).members?.length, 2);
});

test('a static member finds its place in a group that is full', async () => {
  const group = new GroupFixture();
  await stableStatic(group);
  group.settings.maxSize = 1;
  assert.equal((await group.join({ groupInstanceId: 'i1' })).errorCode ?? 0, ErrorCode.NONE);
  assert.equal((await group.join({ groupInstanceId: 'i2' })).errorCode, ErrorCode.GROUP_MAX_SIZE_REACHED);
});

test('a static member leaves by its instance id alone, or with the right member id', async () => {
  const group = new GroupFixture();
  await stableStatic(group);
  const leave = (memberId: string, instanceId: string) => group.coordinator.leaveGroup('g', [{ memberId, instanceId }]);
  assert.deepEqual(await leave('wrong', 'i1'), [ErrorCode.FENCED_INSTANCE_ID]);
  assert.deepEqual(await leave('', 'i2'), [ErrorCode.UNKNOWN_MEMBER_ID]);
  assert.deepEqual(await leave('', 'i1'), [ErrorCode.NONE]);
  assert.equal(await group.state(), 'Empty');
});
