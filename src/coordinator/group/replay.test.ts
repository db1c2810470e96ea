/** Replaying the log rebuilds the state (invariant I9): random histories, and after every few steps a coordinator that has nothing but the log. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '../../../sim/seeded-random.ts';
import { settle } from '../../../sim/virtual-clock.ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import type { JoinReply } from './classic/replies.ts';
import { assign, GroupFixture, subscriptionTo } from './testing/group-fixture.ts';

const GROUPS = ['a', 'b', 'c'];
const CLIENTS = 6;
const PRODUCERS = [7, 8, 9];
const STEPS = 500;
const SEEDS = 16;

/** A client as the broker sees it: it may be anywhere in its protocol, and does what it likes. */
interface Client {
  readonly groupId: string;
  readonly instanceId: string | null;
  memberId: string;
  generation: number;
  /** As a leader, whom to assign to. */
  followers: readonly string[];
}

class History {
  readonly live = new GroupFixture();
  readonly #random: SeededRandom;
  readonly #clients: Client[] = [];

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
    this.live.settings.initialRebalanceDelayMs = seed % 2 === 0 ? 0 : 2_000;
    this.live.settings.offsetsRetentionMs = 3_600_000;
  }

  get clients(): readonly Client[] {
    return this.#clients;
  }

  async step(): Promise<void> {
    const client = this.#pick(this.#clients) ?? this.#newClient();
    const { coordinator } = this.live;
    const dice = this.#random.below(30);
    if (dice === 0 && this.#clients.length < CLIENTS) this.#newClient();
    else if (dice <= 6) this.#join(client);
    else if (dice <= 14) this.#sync(client);
    else if (dice <= 16) void this.#beat(client);
    else if (dice <= 19) this.#commit(client);
    else if (dice === 20) {
      void coordinator.leaveGroup(client.groupId, [{ memberId: client.memberId, instanceId: client.instanceId }]);
    } else if (dice === 21) {
      const partitions = [{ topic: this.#pick(['t1', 't2']) ?? '', partition: 0 }];
      void coordinator.deleteOffsets({ groupId: client.groupId, partitions });
    } else if (dice === 22) void coordinator.deleteGroup(client.groupId);
    else if (dice <= 26) void this.#commitInTransaction(client);
    else if (dice <= 28) this.#endTransaction();
    else await this.live.env.clock.advance(this.#pick([10, 3_000, 30_000, 1_800_000]) ?? 0);
    await settle(3);
  }

  #newClient(): Client {
    const instanceId = this.#pick([null, null, 'i1', 'i2']) ?? null;
    const groupId = this.#pick(GROUPS) ?? '';
    const client: Client = { groupId, instanceId, memberId: '', generation: -1, followers: [] };
    this.#clients.push(client);
    return client;
  }

  #join(client: Client): void {
    const topics = this.#pick([['t1'], ['t1', 't2']]) ?? [];
    const names = this.#pick([['range'], ['range', 'sticky'], ['sticky', 'range']]) ?? [];
    const joined = this.live.join({
      groupId: client.groupId,
      memberId: client.memberId,
      groupInstanceId: client.instanceId,
      protocols: names.map((name) => ({ name, metadata: subscriptionTo(...topics) })),
    });
    const learn = ({ errorCode = 0, memberId = '', generationId = -1, members = [] }: JoinReply) => {
      if (errorCode === ErrorCode.UNKNOWN_MEMBER_ID || errorCode === ErrorCode.FENCED_INSTANCE_ID) client.memberId = '';
      else if (memberId !== '') client.memberId = memberId;
      if (errorCode === ErrorCode.NONE) client.generation = generationId;
      client.followers = members.map((member) => member.memberId ?? '');
    };
    void Promise.resolve(joined).then(learn);
  }

  #sync(client: Client): void {
    const assignment = String(this.#random.below(1_000));
    void this.live.sync({
      groupId: client.groupId,
      memberId: client.memberId,
      groupInstanceId: client.instanceId,
      generationId: client.generation,
      assignments: client.followers.map((memberId) => assign(memberId, assignment)),
    });
  }

  #beat(client: Client) {
    return this.live.coordinator.heartbeat({
      groupId: client.groupId,
      memberId: client.memberId,
      generationId: client.generation,
      groupInstanceId: client.instanceId,
    });
  }

  #commit(client: Client): void {
    const isSimple = this.#random.chance(0.3);
    const sender = isSimple ? {} : { memberId: client.memberId, generation: client.generation };
    const partitions = [{ topic: this.#pick(['t1', 't2']) ?? '', partition: 0, offset: this.#random.below(100) }];
    const retention = this.#random.chance(0.1) ? { retentionMs: 5_000 } : {};
    void this.live.commit(partitions, { groupId: client.groupId, ...sender, ...retention });
  }

  async #commitInTransaction(client: Client): Promise<void> {
    const producerId = this.#pick(PRODUCERS) ?? 0;
    const partitions = [{ topic: this.#pick(['t1', 't2']) ?? '', partition: 0, offset: this.#random.below(100) }];
    const isFenced = this.#random.chance(0.5);
    const sender = isFenced ? { memberId: client.memberId, generation: client.generation } : {};
    const producer = { producerId, isAdmitted: this.#random.chance(0.9) };
    await this.live.commitIn(producer, partitions, { groupId: client.groupId, ...sender });
  }

  #endTransaction(): void {
    const coordinatorEpoch = this.#random.below(3);
    const outcome = this.#random.chance(0.6) ? 'committed' : 'aborted';
    void this.live.endTransaction(this.#pick(PRODUCERS) ?? 0, outcome, { coordinatorEpoch });
  }

  #pick<T>(choices: readonly T[]): T | undefined {
    return choices[this.#random.below(choices.length)];
  }
}

/** What the comparisons have met. */
interface Compared {
  stable: number;
  unstable: number;
}

/** Everything that a client can learn, and that must survive. A rebalance under way does not. */
async function assertSameAfterReplay({ live, clients }: History, counts: Compared): Promise<void> {
  const replayed = live.restarted();
  for (const groupId of GROUPS) {
    const before = await live.coordinator.describeGroup(groupId);
    const after = await replayed.coordinator.describeGroup(groupId);
    assert.deepEqual(await replayed.committed(groupId), await live.committed(groupId));
    const stableOffset = await live.stable(0, groupId);
    assert.equal(await replayed.stable(0, groupId), stableOffset);
    if (stableOffset === 'unstable') counts.unstable += 1;
    assert.equal(typeof after, typeof before);
    if (typeof before === 'number' || typeof after === 'number') continue;
    if (before.groupState === 'Stable' || before.groupState === 'Empty') assert.deepEqual(after, before);
    if (before.groupState !== 'Stable') continue;
    counts.stable += 1;
    for (const { memberId, generation, instanceId } of clients.filter((client) => client.groupId === groupId)) {
      const beat = { groupId, memberId, generationId: generation, groupInstanceId: instanceId };
      assert.equal(await replayed.coordinator.heartbeat(beat), await live.coordinator.heartbeat(beat));
    }
  }
  replayed.coordinator.stop();
  await replayed.coordinator.close();
}

test('a replay of the log knows what the live coordinator knows, whatever has happened', async () => {
  const counts: Compared = { stable: 0, unstable: 0 };
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const history = new History(seed);
    for (let step = 0; step < STEPS; step += 1) {
      await history.step();
      if (step % 10 === 0) await assertSameAfterReplay(history, counts);
    }
  }
  // Else the histories would be too wild to prove anything.
  assert.ok(counts.stable > 100, `only ${counts.stable} of the comparisons saw a stable group`);
  assert.ok(counts.unstable > 100, `only ${counts.unstable} of the comparisons saw an open transaction`);
});
