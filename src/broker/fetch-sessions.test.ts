import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '../../sim/seeded-random.ts';
import { VirtualClock } from '../../sim/virtual-clock.ts';
import { limits } from '../base/limits.ts';
import { FetchPartition } from './fetch-partition.ts';
import { type FetchSession, FetchSessions, nextSessionEpoch } from './fetch-sessions.ts';

function sessionsOf(slots: number) {
  const clock = new VirtualClock();
  const sessions = new FetchSessions({ clock, random: new SeededRandom(1), slots });
  const create = (size: number): FetchSession | undefined => {
    const session = sessions.create(size, false);
    for (let index = 0; session !== undefined && index < size; index++) add(session, index);
    return session;
  };
  return { clock, sessions, create };
}

function add(session: FetchSession, index: number): void {
  session.add('t', new FetchPartition({ name: 't', id: '' }, index, session));
}

test('epochs go round without 0, which only begins a session', () => {
  assert.deepEqual([0, 1, 0x7fffffff].map(nextSessionEpoch), [1, 2, 1]);
});

test('ids are positive and differ', () => {
  const { create } = sessionsOf(100);
  const ids = Array.from({ length: 100 }, () => create(1)?.id ?? 0);
  assert.equal(new Set(ids).size, 100);
  assert.ok(ids.every((id) => id > 0 && id <= 0x7fffffff));
});

test('a full house takes nobody while all are new and in use', () => {
  const { create } = sessionsOf(2);
  create(1);
  create(1);
  assert.equal(create(100), undefined);
});

test('the session that was unused for longest makes room, once that is long', async () => {
  const { clock, sessions, create } = sessionsOf(2);
  const first = create(1);
  const second = create(1);
  assert.ok(first !== undefined && second !== undefined);
  await clock.advance(limits.fetchSessionEvictionMs - 1);
  sessions.advance(first);
  await clock.advance(1);
  const third = create(1);
  assert.notEqual(third, undefined);
  assert.deepEqual([sessions.get(second.id), sessions.get(first.id)], [undefined, first]);
});

test('a larger session takes the place of the smallest one that has lived long enough', async () => {
  const { clock, sessions, create } = sessionsOf(2);
  const large = create(50);
  const small = create(5);
  assert.ok(large !== undefined && small !== undefined);
  await clock.advance(limits.fetchSessionEvictionMs);
  sessions.advance(large);
  sessions.advance(small);
  assert.equal(create(5), undefined);
  assert.notEqual(create(6), undefined);
  assert.deepEqual([sessions.get(small.id), sessions.get(large.id)], [undefined, large]);
});

test('all sessions together hold only so many partitions', () => {
  const { sessions, create } = sessionsOf(10);
  const session = create(1);
  assert.ok(session !== undefined);
  assert.equal(sessions.create(limits.fetchSessionPartitions, false), undefined);
  for (let index = 1; index <= limits.fetchSessionPartitions; index++) add(session, index);
  assert.equal(sessions.isOverfull, true);
  sessions.remove(session.id);
  assert.equal(sessions.isOverfull, false);
  assert.equal(session.size, 0);
});
