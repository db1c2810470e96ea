/**
 * The state of one classic group: its members, who leads, which protocol all of them can speak. Two kinds of state live here side by side:
 *
 * - what a `group-metadata` record says (the last complete generation), changed by `applyMetadata` alone;
 * - what is lost with the broker (a rebalance under way, waiting requests, deadlines, ids that were promised), changed in place by the steps
 *   beside this file.
 *
 * It never answers anyone and knows no time.
 */
import { assert } from '../../../base/assert.ts';
import type { GroupMetadata, MemberMetadata } from '../group-record.ts';
import { type ClassicMember, type MemberProtocol, metadataFor, sameBytes } from './classic-member.ts';
import { subscribedTopics } from './subscribed-topics.ts';

/** A group that is gone is `Dead` in answers; it has no object. */
export type ClassicGroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable';

/** The first rebalance of an empty group, which waits a while for more members. */
export interface InitialRebalance {
  /** How much longer the wait may grow while members keep coming. */
  remainingMs: number;
  memberAdded: boolean;
}

export class ClassicGroup {
  readonly kind = 'classic';
  readonly groupId: string;

  #state: ClassicGroupState = 'Empty';
  /** Wall-clock milliseconds of the last change of state; -1 in records of old brokers. */
  stateTimestampMs = -1;
  /** Undefined for a group that has only offsets (a simple group). */
  protocolType: string | undefined;
  protocolName: string | undefined;
  generation = 0;
  leaderId: string | undefined;
  /** Undefined: the group is not of consumers, or their subscriptions cannot be read. */
  subscribedTopics: ReadonlySet<string> | undefined;

  readonly #members = new Map<string, ClassicMember>();
  readonly #staticMembers = new Map<string, string>();
  /** How many members speak each protocol. */
  readonly #speakers = new Map<string, number>();
  #awaitingJoinCount = 0;

  /** Member ids that were given out and have not joined yet (KIP-394), with the monotonic time at which they are forgotten. */
  readonly pendingMembers = new Map<string, number>();
  /** Members of the new generation that have not synced yet. */
  readonly pendingSync = new Set<string>();
  initialRebalance: InitialRebalance | undefined;
  /** Monotonic; when a rebalance goes on without those who have not joined again. */
  joinDeadlineMs = Infinity;
  /** Monotonic; when those who have not synced are removed. */
  syncDeadlineMs = Infinity;

  constructor(groupId: string) {
    this.groupId = groupId;
  }

  get state(): ClassicGroupState {
    return this.#state;
  }

  get members(): ReadonlyMap<string, ClassicMember> {
    return this.#members;
  }

  get awaitingJoinCount(): number {
    return this.#awaitingJoinCount;
  }

  get isEmpty(): boolean {
    return this.#state === 'Empty';
  }

  get isOfConsumers(): boolean {
    return this.protocolType === 'consumer';
  }

  get hasAllMembersJoined(): boolean {
    return this.#awaitingJoinCount === this.#members.size && this.pendingMembers.size === 0;
  }

  /** The longest of the members. */
  get rebalanceTimeoutMs(): number {
    let longest = 0;
    for (const member of this.#members.values()) longest = Math.max(longest, member.rebalanceTimeoutMs);
    return longest;
  }

  enter(state: ClassicGroupState, nowMs: number): void {
    this.#state = state;
    this.stateTimestampMs = nowMs;
  }

  isLeader(memberId: string): boolean {
    return this.leaderId === memberId;
  }

  staticMemberId(instanceId: string): string | undefined {
    return this.#staticMembers.get(instanceId);
  }

  /** Whether someone who speaks these protocols may join. */
  supports(protocolType: string, protocols: readonly MemberProtocol[]): boolean {
    if (this.isEmpty) return protocolType !== '' && protocols.length > 0;
    if (protocolType !== this.protocolType) return false;
    return protocols.some(({ name }) => this.#speakers.get(name) === this.#members.size);
  }

  add(member: ClassicMember, protocolType: string): void {
    assert(!this.#members.has(member.memberId), 'a member was added twice');
    if (member.instanceId !== undefined) {
      assert(!this.#staticMembers.has(member.instanceId), 'a static member was added twice');
      this.#staticMembers.set(member.instanceId, member.memberId);
    }
    if (this.#members.size === 0) this.protocolType = protocolType;
    this.#members.set(member.memberId, member);
    this.leaderId ??= member.memberId;
    this.pendingMembers.delete(member.memberId);
    this.#count(member.protocols, 1);
    if (member.awaitingJoin !== undefined) this.#awaitingJoinCount += 1;
  }

  /** The member must not have waiting requests, or have been answered. */
  remove(memberId: string): void {
    const member = this.#members.get(memberId);
    if (member === undefined) return;
    this.#members.delete(memberId);
    if (member.instanceId !== undefined) this.#staticMembers.delete(member.instanceId);
    this.#count(member.protocols, -1);
    if (member.awaitingJoin !== undefined) this.#awaitingJoinCount -= 1;
    this.pendingSync.delete(memberId);
    // The member that has been here longest leads next.
    if (this.leaderId === memberId) this.leaderId = this.#members.keys().next().value;
  }

  /** The same member under a new id: a static member that came back. Leadership goes with it. */
  replaceStatic(old: ClassicMember, member: ClassicMember): void {
    const wasLeader = this.leaderId === old.memberId;
    const protocolType = this.protocolType ?? '';
    this.remove(old.memberId);
    this.add(member, protocolType);
    if (wasLeader) this.leaderId = member.memberId;
  }

  setProtocols(member: ClassicMember, protocols: readonly MemberProtocol[]): void {
    this.#count(member.protocols, -1);
    member.protocols = protocols;
    this.#count(protocols, 1);
  }

  setAwaitingJoin(member: ClassicMember, pending: ClassicMember['awaitingJoin']): void {
    this.#awaitingJoinCount += Number(pending !== undefined) - Number(member.awaitingJoin !== undefined);
    member.awaitingJoin = pending;
  }

  /**
   * The protocol of the next generation: every member votes for the first of its own that all can speak. Of equals, the one that was voted
   * for first.
   */
  selectProtocol(): string {
    const votes = new Map<string, number>();
    for (const { protocols } of this.#members.values()) {
      const choice = protocols.find(({ name }) => this.#speakers.get(name) === this.#members.size);
      if (choice !== undefined) votes.set(choice.name, (votes.get(choice.name) ?? 0) + 1);
    }
    // A sort keeps the order of equals.
    const [winner] = [...votes].sort(([, left], [, right]) => right - left);
    assert(winner !== undefined, 'the members have no protocol in common');
    return winner[0];
  }

  /** A leader that is waiting for its join; the present one if it is. False when nobody waits. */
  electJoinedLeader(): boolean {
    const leader = this.leaderId === undefined ? undefined : this.#members.get(this.leaderId);
    if (leader?.awaitingJoin !== undefined) return true;
    for (const member of this.#members.values()) {
      if (member.awaitingJoin === undefined) continue;
      this.leaderId = member.memberId;
      return true;
    }
    return false;
  }

  setProtocolName(protocolName: string | undefined): void {
    this.protocolName = protocolName;
    this.subscribedTopics = this.#subscribedTopics();
  }

  /** Becomes what the record says. Members that are here already keep what no record knows: their waiting requests and other protocols. */
  applyMetadata(metadata: GroupMetadata): void {
    const staying = new Set(metadata.members.map(({ memberId }) => memberId));
    for (const memberId of [...this.#members.keys()]) if (!staying.has(memberId)) this.remove(memberId);
    this.protocolType = metadata.protocolType === '' ? undefined : metadata.protocolType;
    for (const member of metadata.members) this.#applyMember(member, metadata);
    this.generation = metadata.generation;
    this.leaderId = metadata.leaderId;
    this.setProtocolName(metadata.protocolName);
    this.enter(metadata.members.length === 0 ? 'Empty' : 'Stable', metadata.stateTimestampMs);
    this.joinDeadlineMs = Infinity;
    this.initialRebalance = undefined;
  }

  /** What the next record says. */
  metadata(details: { stateTimestampMs: number; assignmentOf: (member: ClassicMember) => Uint8Array }): GroupMetadata {
    const { protocolName = '' } = this;
    return {
      protocolType: this.protocolType ?? '',
      generation: this.generation,
      protocolName: this.protocolName,
      leaderId: this.leaderId,
      stateTimestampMs: details.stateTimestampMs,
      members: Array.from(this.#members.values(), (member) => ({
        memberId: member.memberId,
        instanceId: member.instanceId,
        clientId: member.clientId,
        clientHost: member.clientHost,
        rebalanceTimeoutMs: member.rebalanceTimeoutMs,
        sessionTimeoutMs: member.sessionTimeoutMs,
        subscription: metadataFor(member, protocolName),
        assignment: details.assignmentOf(member),
      })),
    };
  }

  #applyMember(recorded: MemberMetadata, { protocolName = '', protocolType }: GroupMetadata): void {
    const { subscription, ...known } = recorded;
    const protocols = [{ name: protocolName, metadata: subscription }];
    const present = this.#members.get(recorded.memberId);
    if (present === undefined) {
      const waiting = { awaitingJoin: undefined, awaitingSync: undefined };
      this.add({ ...known, protocols, ...waiting, isNew: false, deadlineMs: Infinity }, protocolType);
      return;
    }
    present.assignment = recorded.assignment;
    present.rebalanceTimeoutMs = recorded.rebalanceTimeoutMs;
    present.sessionTimeoutMs = recorded.sessionTimeoutMs;
    // A live member speaks this protocol beside others; one that an older record made knows nothing newer.
    const said = present.protocols.find(({ name }) => name === protocolName);
    if (said === undefined || !sameBytes(said.metadata, subscription)) this.setProtocols(present, protocols);
  }

  #count(protocols: readonly MemberProtocol[], change: 1 | -1): void {
    for (const { name } of protocols) {
      const count = (this.#speakers.get(name) ?? 0) + change;
      if (count === 0) this.#speakers.delete(name);
      else this.#speakers.set(name, count);
    }
  }

  #subscribedTopics(): ReadonlySet<string> | undefined {
    const { protocolName } = this;
    if (!this.isOfConsumers) return undefined;
    if (this.#members.size === 0) return new Set();
    if (protocolName === undefined) return undefined;
    return subscribedTopics(Array.from(this.#members.values(), (member) => metadataFor(member, protocolName)));
  }
}
