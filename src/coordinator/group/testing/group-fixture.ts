/** A group coordinator over one partition in memory, with time under the test's control, and members that speak to it. For tests. */
import { Buffer } from 'node:buffer';
import { type TestEnv, testEnv } from '../../../../sim/test-env.ts';
import { settle } from '../../../../sim/virtual-clock.ts';
import { assert } from '../../../base/assert.ts';
import type { TransactionMarker } from '../../../partition/transaction-marker.ts';
import { ErrorCode } from '../../../protocol/error-code.ts';
import { FakeLog } from '../../testing/fake-log.ts';
import type { JoinRequest } from '../classic/join-terms.ts';
import type { JoinReply, SyncReply } from '../classic/replies.ts';
import type { SyncRequest } from '../classic/sync.ts';
import type { CoordinatorSettings } from '../coordinator-settings.ts';
import { GroupCoordinator, type Soon } from '../group-coordinator.ts';
import type { OffsetToCommit } from '../offsets/commit-offsets.ts';

export const T1_ID = 'AAAAAAAAAAAAAAAAAAAAZg';
export const T2_ID = 'AAAAAAAAAAAAAAAAAAAAZQ';

export class GroupFixture {
  readonly env: TestEnv;
  readonly log: FakeLog;
  /** Topic ids by name; a test may change them. */
  readonly topics: Map<string, string>;
  readonly settings: { -readonly [Name in keyof CoordinatorSettings]: CoordinatorSettings[Name] };
  readonly coordinator: GroupCoordinator;

  constructor(options: { log?: FakeLog; env?: TestEnv; topics?: Map<string, string> } = {}) {
    const env = options.env ?? testEnv();
    const log = options.log ?? new FakeLog();
    const topics =
      options.topics ??
      new Map([
        ['t1', T1_ID],
        ['t2', T2_ID],
      ]);
    this.env = env;
    this.log = log;
    this.topics = topics;
    this.settings = {
      minSessionTimeoutMs: 6_000,
      maxSessionTimeoutMs: 1_800_000,
      maxSize: 2 ** 31 - 1,
      initialRebalanceDelayMs: 0,
      offsetMetadataMax: 4_096,
      offsetsRetentionMs: 7 * 24 * 3_600_000,
      offsetsRetentionCheckIntervalMs: 600_000,
    };
    this.coordinator = new GroupCoordinator({
      env,
      settings: this.settings,
      partitions: {
        count: () => 1,
        leads: () => true,
        open: () => log,
        withLog: async () => [0],
      },
      topics: {
        idOf: (name) => topics.get(name),
        nameOf: (id) => [...topics].find(([, topicId]) => topicId === id)?.[0],
      },
    });
  }

  /** The same log, read by a coordinator that knows nothing else: what a restart finds. */
  restarted(): GroupFixture {
    return new GroupFixture({ log: this.log, env: this.env, topics: this.topics });
  }

  join(request: Partial<JoinRequest>, apiVersion = 9): Soon<JoinReply> {
    return this.coordinator.joinGroup(
      {
        groupId: 'g',
        memberId: '',
        sessionTimeoutMs: 10_000,
        rebalanceTimeoutMs: 60_000,
        protocolType: 'consumer',
        protocols: [{ name: 'range', metadata: subscriptionTo('t1') }],
        groupInstanceId: null,
        reason: null,
        ...request,
      },
      { apiVersion, clientId: 'client', clientHost: '/127.0.0.1' },
    );
  }

  /** Both steps of a dynamic member: its id, then the join that waits. */
  async joinTwice(request: Partial<JoinRequest> = {}): Promise<{ memberId: string; joined: Soon<JoinReply> }> {
    const { memberId = '' } = await this.join(request);
    return { memberId, joined: this.join({ ...request, memberId }) };
  }

  sync(request: Partial<SyncRequest>): Soon<SyncReply> {
    return this.coordinator.syncGroup({
      groupId: 'g',
      generationId: 1,
      memberId: '',
      groupInstanceId: null,
      protocolType: null,
      protocolName: null,
      assignments: [],
      ...request,
    });
  }

  heartbeat(memberId: string, generationId: number, groupInstanceId: string | null = null): Soon<ErrorCode> {
    return this.coordinator.heartbeat({ groupId: 'g', memberId, generationId, groupInstanceId });
  }

  async state(groupId = 'g'): Promise<string> {
    const found = await this.coordinator.describeGroup(groupId);
    return typeof found === 'number' ? `error ${found}` : (found.groupState ?? '');
  }

  /** A stable group of one, in generation 1. */
  async stableMember(request: Partial<JoinRequest> = {}): Promise<string> {
    const { memberId, joined } = await this.joinTwice(request);
    const { generationId = -1 } = await joined;
    await this.sync({ memberId, generationId, assignments: [assign(memberId, 'a1')] });
    return memberId;
  }

  /** A group of two that has joined into generation 2; the first leads, and nobody has synced. */
  async joinedPair(): Promise<[string, string]> {
    const first = await this.stableMember();
    const second = await this.joinTwice();
    await Promise.all([this.join({ memberId: first }), second.joined]);
    return [first, second.memberId];
  }

  /** The same, stable. */
  async stablePair(): Promise<[string, string]> {
    const [first, second] = await this.joinedPair();
    const followed = this.sync({ memberId: second, generationId: 2 });
    const assignments = [assign(first, 'a1'), assign(second, 'a2')];
    await Promise.all([this.sync({ memberId: first, generationId: 2, assignments }), followed]);
    return [first, second];
  }

  commit(
    partitions: readonly Partial<OffsetToCommit>[],
    sender: {
      groupId?: string;
      memberId?: string;
      generation?: number;
      retentionMs?: number;
      apiVersion?: number;
    } = {},
  ): Soon<readonly ErrorCode[]> {
    return this.coordinator.commitOffsets({
      groupId: 'g',
      memberId: '',
      instanceId: null,
      generation: -1,
      apiVersion: 8,
      retentionMs: undefined,
      ...sender,
      partitions: partitions.map((one) => this.#offset(one)),
    });
  }

  /** Commits in a transaction of this producer, which the transaction coordinator admits when it is asked. */
  async commitIn(
    producer: { readonly producerId: number; readonly producerEpoch?: number; readonly isAdmitted?: boolean },
    partitions: readonly Partial<OffsetToCommit>[],
    sender: { groupId?: string; memberId?: string; generation?: number; instanceId?: string } = {},
  ): Promise<readonly ErrorCode[]> {
    const { producerId, producerEpoch = 0, isAdmitted = true } = producer;
    const commit = { groupId: 'g', memberId: '', instanceId: null, generation: -1, ...sender };
    const wish = { producerId, producerEpoch, baseSequence: -1, supportsEpochBump: false };
    const begun = await this.coordinator.beginTransactionalCommit(commit.groupId, wish);
    const guard = begun.kind === 'needed' && isAdmitted ? begun.guard : undefined;
    return this.coordinator.commitInTransaction(
      { ...commit, partitions: partitions.map((one) => this.#offset(one)) },
      { producerId, producerEpoch, guard },
    );
  }

  /** The transaction coordinator ends the producer's transaction in the one partition. */
  endTransaction(
    producerId: number,
    outcome: TransactionMarker['outcome'],
    marker: Partial<TransactionMarker> = {},
  ): Soon<ErrorCode> {
    return this.coordinator.endTransaction(0, {
      producerId,
      producerEpoch: 0,
      outcome,
      coordinatorEpoch: 0,
      transactionVersion: 0,
      ...marker,
    });
  }

  /** What a consumer is told that asks for one offset and wants none that may still change. */
  async stable(partition = 0, groupId = 'g'): Promise<number | 'unstable'> {
    const topics = [{ topic: 't1', partitions: [partition] }];
    const fetched = await this.coordinator.fetchOffsets({ groupId, topics, requireStable: true });
    assert(typeof fetched !== 'number', 'the group can be read');
    const found = fetched[0]?.partitions[0];
    return found?.errorCode === ErrorCode.UNSTABLE_OFFSET_COMMIT ? 'unstable' : (found?.committedOffset ?? -1);
  }

  /** `topic-partition: offset`, of everything that the group has committed. */
  async committed(groupId = 'g'): Promise<readonly string[]> {
    const topics = await this.coordinator.fetchOffsets({ groupId, topics: undefined, requireStable: false });
    if (typeof topics === 'number') return [`error ${topics}`];
    return topics.flatMap(({ topic, partitions }) =>
      partitions.map(({ partitionIndex, committedOffset }) => `${topic}-${partitionIndex}: ${committedOffset}`),
    );
  }

  #offset(one: Partial<OffsetToCommit>): OffsetToCommit {
    const topicId = this.topics.get(one.topic ?? 't1') ?? '';
    return { topic: 't1', topicId, partition: 0, offset: 0, leaderEpoch: -1, metadata: '', ...one };
  }
}

/** A consumer's subscription in version 0. */
export function subscriptionTo(...topics: readonly string[]): Uint8Array {
  const names = topics.flatMap((topic) => [0, topic.length, ...Buffer.from(topic)]);
  return Buffer.from([0, 0, 0, 0, 0, topics.length, ...names, 255, 255, 255, 255]);
}

export function assign(memberId: string, assignment: string) {
  return { memberId, assignment: Buffer.from(assignment) };
}

/** What an answer has come to, or 'waiting'. */
export async function now<T>(reply: Soon<T>): Promise<T | 'waiting'> {
  await settle();
  return Promise.race([reply, Promise.resolve<'waiting'>('waiting')]);
}

export function text(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString();
}
