/**
 * A member of a classic consumer group: joins, is assigned partitions of one topic, commits numbers that grow from what it found committed, and now and then
 * leaves or falls silent. It reads no records: what a group promises is about offsets.
 */
import { decode, encode } from '../../src/protocol/codec.ts';
import { ConsumerProtocolAssignment } from '../../src/protocol/consumer-protocol.ts';
import { ErrorCode, errorName } from '../../src/protocol/error-code.ts';
import { FindCoordinator } from '../../src/protocol/messages/find-coordinator.ts';
import { Heartbeat } from '../../src/protocol/messages/heartbeat.ts';
import { JoinGroup } from '../../src/protocol/messages/join-group.ts';
import { LeaveGroup } from '../../src/protocol/messages/leave-group.ts';
import { OffsetCommit } from '../../src/protocol/messages/offset-commit.ts';
import { OffsetFetch } from '../../src/protocol/messages/offset-fetch.ts';
import { SyncGroup } from '../../src/protocol/messages/sync-group.ts';
import type { DecodedResponseOf } from '../../src/protocol/schema.ts';
import type { Generation, GroupTruth } from '../checkers/group-truth.ts';
import type { Client } from '../clients/client.ts';
import { violated, type World } from '../world/world.ts';
import type { SimTopic } from './topics.ts';

export const GROUP = 'group';
const SESSION_MS = 2_000;
const PAUSE_MS_MAX = 200;
const SILENCE_MS = 3_000;
/** Of a membership that began while the coordinator could not keep its memory. */
const NO_ERA = -1;

interface Membership extends Generation {
  readonly memberId: string;
  /** What is committed next, by partition. */
  readonly positions: Map<number, number>;
}

export class GroupMember {
  readonly #world: World;
  readonly #client: Client;
  readonly #topic: SimTopic;
  readonly #truth: GroupTruth;
  #memberId = '';

  constructor(world: World, client: Client, { topic, truth }: { topic: SimTopic; truth: GroupTruth }) {
    this.#world = world;
    this.#client = client;
    this.#topic = topic;
    this.#truth = truth;
  }

  async run(): Promise<void> {
    await findCoordinator(this.#world, this.#client);
    while (!this.#world.isDraining) {
      const membership = await this.#join();
      if (membership !== undefined) await this.#work(membership);
      await this.#pause();
    }
    await this.#leave();
  }

  #pause(): Promise<void> {
    return this.#world.sleep(this.#world.random.next() * PAUSE_MS_MAX);
  }

  async #join(): Promise<Membership | undefined> {
    const answer = await this.#client.request(JoinGroup, 7, {
      groupId: GROUP,
      sessionTimeoutMs: SESSION_MS,
      rebalanceTimeoutMs: SESSION_MS,
      memberId: this.#memberId,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: Buffer.from('any') }],
    });
    if (answer === undefined) return undefined;
    const { errorCode, generationId: number, leader, memberId } = answer;
    if (errorCode === ErrorCode.MEMBER_ID_REQUIRED) this.#memberId = memberId;
    if (errorCode === ErrorCode.UNKNOWN_MEMBER_ID) this.#memberId = '';
    if (errorCode !== ErrorCode.NONE) return undefined;
    this.#memberId = memberId;
    // Answers of a dead process never arrive, so this one is of the process that is.
    const { era } = this.#world.machine;
    this.#client.note(`joined generation ${number}, led by ${leader}`);
    if (era !== undefined) this.#truth.joined({ era, number }, leader);
    const assigned = await this.#sync(number, answer);
    return assigned === undefined ? undefined : this.#begin({ era: era ?? NO_ERA, number, memberId }, assigned);
  }

  async #sync(number: number, joined: DecodedResponseOf<typeof JoinGroup>): Promise<readonly number[] | undefined> {
    const answer = await this.#client.request(SyncGroup, 5, {
      groupId: GROUP,
      generationId: number,
      memberId: joined.memberId,
      protocolType: 'consumer',
      protocolName: 'range',
      assignments: joined.leader === joined.memberId ? this.#assign(joined.members) : [],
    });
    if (answer === undefined || answer.errorCode !== ErrorCode.NONE) return undefined;
    const { assignedPartitions } = decode(ConsumerProtocolAssignment, 0, answer.assignment.subarray(2));
    const partitions = assignedPartitions[0]?.partitions ?? [];
    this.#client.note(`owns ${partitions} in generation ${number}`);
    const { era } = this.#world.machine;
    if (era !== undefined) this.#truth.assigned({ era, number }, joined.memberId, partitions);
    return partitions;
  }

  #assign(members: readonly { readonly memberId: string }[]): { memberId: string; assignment: Uint8Array }[] {
    return members.map(({ memberId }, index) => {
      const partitions = [...this.#topic.truths.keys()].filter((partition) => partition % members.length === index);
      const assignedPartitions = [{ topic: this.#topic.name, partitions }];
      const version = Buffer.alloc(2);
      const body = encode(ConsumerProtocolAssignment, 0, { assignedPartitions, userData: null });
      return { memberId, assignment: Buffer.concat([version, body]) };
    });
  }

  /** Goes on where the group is. */
  async #begin(
    generation: Generation & { memberId: string },
    assigned: readonly number[],
  ): Promise<Membership | undefined> {
    const committed = await readCommitted(this.#client, this.#truth, { topic: this.#topic, partitions: assigned });
    if (committed === undefined) return undefined;
    return {
      ...generation,
      positions: new Map(assigned.map((partition) => [partition, committed.get(partition) ?? 0])),
    };
  }

  /** Until something says that the membership is over. */
  async #work(membership: Membership): Promise<void> {
    const { random } = this.#world;
    while (!this.#world.isDraining) {
      await this.#pause();
      const dice = random.next();
      if (dice < 0.02) await this.#world.sleep(SILENCE_MS);
      else if (dice < 0.04) return this.#leave();
      // As one that has missed its rebalance would.
      else if (dice < 0.08) await this.#commit({ ...membership, number: membership.number - 1 });
      const error = dice < 0.6 ? await this.#commit(membership) : await this.#heartbeat(membership);
      if (error === ErrorCode.NONE || error === undefined) continue;
      this.#client.note(`is no member of generation ${membership.number} any more: ${errorName(error)}`);
      if (error === ErrorCode.UNKNOWN_MEMBER_ID) this.#memberId = '';
      return;
    }
  }

  async #heartbeat({ number, memberId }: Membership): Promise<number | undefined> {
    const answer = await this.#client.request(Heartbeat, 4, { groupId: GROUP, generationId: number, memberId });
    return answer?.errorCode;
  }

  async #commit(membership: Membership): Promise<number | undefined> {
    const { number, memberId, positions } = membership;
    const wasFenced = this.#truth.isFenced(membership);
    for (const [partition, position] of positions)
      positions.set(partition, position + this.#world.random.between(1, 9));
    const asked = [...positions];
    for (const [partition, position] of asked) this.#truth.commitAsked(partition, position);
    const answer = await this.#client.request(OffsetCommit, 9, {
      groupId: GROUP,
      generationIdOrMemberEpoch: number,
      memberId,
      topics: [
        {
          name: this.#topic.name,
          partitions: asked.map(([partitionIndex, committedOffset]) => ({
            partitionIndex,
            committedOffset,
            committedMetadata: '',
          })),
        },
      ],
    });
    const results = answer?.topics[0]?.partitions;
    if (results === undefined) return undefined;
    for (const { partitionIndex, errorCode } of results) {
      const position = new Map(asked).get(partitionIndex);
      if (position === undefined) violated('a commit was answered for a partition that it was not for');
      if (errorCode !== ErrorCode.NONE) return errorCode;
      this.#client.note(`committed ${position} for ${partitionIndex} in generation ${number}`);
      const isOfThisEra = this.#world.machine.era === membership.era;
      this.#truth.commitAcknowledged(partitionIndex, position, { wasFenced, isOfThisEra });
    }
    return ErrorCode.NONE;
  }

  async #leave(): Promise<void> {
    if (this.#memberId === '') return;
    await this.#client.request(LeaveGroup, 4, { groupId: GROUP, members: [{ memberId: this.#memberId }] });
    this.#memberId = '';
    this.#client.note('leaves');
  }
}

/** Undefined when nobody answered or the coordinator is busy. */
export async function readCommitted(
  client: Client,
  truth: GroupTruth,
  { topic, partitions }: { topic: SimTopic; partitions: readonly number[] },
): Promise<ReadonlyMap<number, number> | undefined> {
  const since = new Map(partitions.map((partition) => [partition, truth.promised(partition)]));
  const answer = await client.request(OffsetFetch, 8, {
    groups: [{ groupId: GROUP, topics: [{ name: topic.name, partitionIndexes: partitions }] }],
  });
  const group = answer?.groups[0];
  if (group === undefined || group.errorCode !== ErrorCode.NONE) return undefined;
  const committed = new Map<number, number>();
  for (const { partitionIndex, committedOffset, errorCode } of group.topics[0]?.partitions ?? []) {
    if (errorCode !== ErrorCode.NONE) return undefined;
    const offset = committedOffset < 0 ? undefined : committedOffset;
    const promised = since.get(partitionIndex) ?? violated('an offset was answered that nobody asked for');
    truth.read(partitionIndex, offset, promised);
    if (offset !== undefined) committed.set(partitionIndex, offset);
  }
  return committed;
}

/** As clients do first; the broker makes the topic for offsets when somebody asks. */
export async function findCoordinator(world: World, client: Client): Promise<void> {
  for (;;) {
    const answer = await client.request(FindCoordinator, 4, { keyType: 0, coordinatorKeys: [GROUP] });
    if (answer?.coordinators[0]?.errorCode === ErrorCode.NONE) return;
    await world.sleep(world.random.next() * PAUSE_MS_MAX);
  }
}
