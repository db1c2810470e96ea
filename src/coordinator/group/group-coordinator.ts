/**
 * The group coordinator as handlers see it: finds the partition that a group belongs to, runs the command there, and says in the words of each
 * response what cannot be done. Owns the runtime and its start and end; no group state.
 */

import type { Env } from '../../base/env.ts';
import { coordinatorPartition } from '../../base/java-hash.ts';
import { Lifecycle } from '../../base/lifecycle.ts';
import type { TransactionMarker } from '../../partition/transaction-marker.ts';
import type { VerificationWish } from '../../partition/transaction-verifications.ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import type { CoordinatorPartitions } from '../coordinator-partitions.ts';
import { CoordinatorRuntime } from '../runtime.ts';
import type { Command } from '../state-machine.ts';
import type { TransactionalWriter, Verification } from '../transactional-write.ts';
import { type DescribedGroup, describe, type ListedGroup, listed } from './classic/describe.ts';
import { type HeartbeatRequest, heartbeat } from './classic/heartbeat.ts';
import { join } from './classic/join.ts';
import type { JoinRequest } from './classic/join-terms.ts';
import { type Leaver, leave } from './classic/leave.ts';
import { type JoinReply, joinRefusal, type Requester, type SyncReply, syncRefusal } from './classic/replies.ts';
import { type SyncRequest, sync } from './classic/sync.ts';
import type { CoordinatorSettings } from './coordinator-settings.ts';
import { deleteGroup } from './delete-group.ts';
import { type GroupRecord, groupRecordCodec } from './group-record.ts';
import { GroupState } from './group-state.ts';
import { commitInTransaction, type TransactionalOffsets } from './offsets/commit-in-transaction.ts';
import { commitOffsets, type OffsetsToCommit } from './offsets/commit-offsets.ts';
import { deleteOffsets, deleteOffsetsOfTopics, type OffsetsToDelete } from './offsets/delete-offsets.ts';
import { type FetchedTopic, fetchOffsets, type OffsetsToFetch } from './offsets/fetch-offsets.ts';
import type { TopicNames } from './topic-names.ts';
import { unasked } from './unasked.ts';

export interface GroupCoordinatorOptions {
  readonly env: Env;
  readonly settings: CoordinatorSettings;
  readonly partitions: CoordinatorPartitions;
  readonly topics: TopicNames;
}

/** Either at once or later: a value when nothing has to be waited for. */
export type Soon<T> = T | Promise<T>;

export class GroupCoordinator {
  readonly #settings: CoordinatorSettings;
  readonly #partitions: CoordinatorPartitions;
  readonly #background: Lifecycle;
  readonly #runtime: CoordinatorRuntime<GroupState, GroupRecord>;

  constructor({ env, settings, partitions, topics }: GroupCoordinatorOptions) {
    this.#settings = settings;
    this.#partitions = partitions;
    this.#background = new Lifecycle(env.logger);
    this.#runtime = new CoordinatorRuntime({
      env,
      background: this.#background,
      topic: '__consumer_offsets',
      partitions,
      newState: () => new GroupState({ settings, random: env.random, topics }),
      unasked,
      codec: groupRecordCodec,
    });
  }

  /** Loads in the background what the last run has left, so that the sessions of its members run out if nobody comes back. */
  start(): void {
    this.#background.run('load the groups of the last run', (signal) => this.#runtime.loadAll(signal));
  }

  joinGroup(request: JoinRequest, requester: Requester): Soon<JoinReply> {
    const { groupId, memberId, sessionTimeoutMs } = request;
    if (groupId === '') return joinRefusal(ErrorCode.INVALID_GROUP_ID, memberId);
    const { minSessionTimeoutMs, maxSessionTimeoutMs } = this.#settings;
    if (sessionTimeoutMs < minSessionTimeoutMs || sessionTimeoutMs > maxSessionTimeoutMs) {
      return joinRefusal(ErrorCode.INVALID_SESSION_TIMEOUT, memberId);
    }
    return this.#submit<JoinReply>(
      groupId,
      (state, log) => {
        // Whoever has an id already must have got it from a group that exists.
        const group = memberId === '' ? state.ensureClassicGroup(groupId, log) : state.groups.get(groupId);
        if (group === undefined) return joinRefusal(ErrorCode.UNKNOWN_MEMBER_ID, memberId);
        return join(state.turn(log), group, request, requester);
      },
      (error) => joinRefusal(error, memberId),
    );
  }

  syncGroup(request: SyncRequest): Soon<SyncReply> {
    const { groupId } = request;
    if (groupId === '') return syncRefusal(ErrorCode.INVALID_GROUP_ID);
    return this.#submit<SyncReply>(
      groupId,
      (state, log) => {
        const group = state.groups.get(groupId);
        return group === undefined ? syncRefusal(ErrorCode.UNKNOWN_MEMBER_ID) : sync(state.turn(log), group, request);
      },
      syncRefusal,
    );
  }

  heartbeat(request: HeartbeatRequest): Soon<ErrorCode> {
    const { groupId } = request;
    if (groupId === '') return ErrorCode.INVALID_GROUP_ID;
    return this.#submit<ErrorCode>(
      groupId,
      (state, log) => {
        const group = state.groups.get(groupId);
        return group === undefined ? ErrorCode.UNKNOWN_MEMBER_ID : heartbeat(state.turn(log), group, request);
      },
      (error) => error,
    );
  }

  /** One error code per leaver, or one for all. */
  leaveGroup(groupId: string, leavers: readonly Leaver[]): Soon<readonly ErrorCode[] | ErrorCode> {
    if (groupId === '') return ErrorCode.INVALID_GROUP_ID;
    return this.#submit<readonly ErrorCode[] | ErrorCode>(
      groupId,
      (state, log) => {
        const group = state.groups.get(groupId);
        if (group === undefined) return leavers.map(() => ErrorCode.UNKNOWN_MEMBER_ID);
        return leave(state.turn(log), group, leavers);
      },
      (error) => error,
    );
  }

  /** One error code per partition, in order. An empty group id is a group like any other here. */
  commitOffsets(commit: OffsetsToCommit): Soon<readonly ErrorCode[]> {
    return this.#submit<readonly ErrorCode[]>(
      commit.groupId,
      (state, log) => commitOffsets(state, log, commit),
      (error) => commit.partitions.map(() => error),
    );
  }

  /** The partition of `__consumer_offsets` that the group belongs to; undefined while there is no such topic. */
  partitionOf(groupId: string): number | undefined {
    const count = this.#partitions.count();
    return count === undefined ? undefined : coordinatorPartition(groupId, count);
  }

  /** To be asked before `commitInTransaction`: whether the transaction coordinator has to admit the producer first. */
  beginTransactionalCommit(groupId: string, wish: VerificationWish): Soon<Verification> {
    if (groupId === '') return { kind: 'refused', error: ErrorCode.INVALID_GROUP_ID };
    const index = this.#find(groupId);
    return typeof index === 'number'
      ? this.#runtime.beginVerification(index, wish)
      : { kind: 'refused', error: index.error };
  }

  /** One error code per partition, in order. What is committed counts when the transaction does. */
  commitInTransaction(commit: TransactionalOffsets, writer: TransactionalWriter): Soon<readonly ErrorCode[]> {
    const refusal = (error: ErrorCode) => commit.partitions.map(() => errorOfWrite(error));
    const index = this.#find(commit.groupId);
    if (typeof index !== 'number') return refusal(index.error);
    const metadataMax = this.#settings.offsetMetadataMax;
    return this.#runtime.submitInTransaction<readonly ErrorCode[]>(
      index,
      writer,
      (state, { nowMs }) => commitInTransaction(state, { commit, nowMs, metadataMax }),
      refusal,
    );
  }

  /**
   * A producer's transaction has ended: what it has committed in the groups of partition `index` counts, or is forgotten. Answered when that is durable, with the
   * codes of a partition: the transaction coordinator carries its decision to this one as to all others.
   */
  endTransaction(index: number, marker: TransactionMarker): Soon<ErrorCode> {
    if (!this.#partitions.leads(index)) return ErrorCode.NOT_LEADER_OR_FOLLOWER;
    const ended = this.#runtime.endTransaction(index, marker);
    return ended instanceof Promise ? ended.then(errorOfMarker) : errorOfMarker(ended);
  }

  /** The topics, or one error code for the group. */
  fetchOffsets(request: OffsetsToFetch): Soon<readonly FetchedTopic[] | ErrorCode> {
    return this.#submit<readonly FetchedTopic[] | ErrorCode>(
      request.groupId,
      (state) => fetchOffsets(state, request),
      (error) => error,
    );
  }

  /** One error code per partition in order, or one for the group. */
  deleteOffsets(request: OffsetsToDelete): Soon<readonly ErrorCode[] | ErrorCode> {
    if (request.groupId === '') return ErrorCode.INVALID_GROUP_ID;
    return this.#submit<readonly ErrorCode[] | ErrorCode>(
      request.groupId,
      (state, log) => deleteOffsets(state, log, request),
      (error) => error,
    );
  }

  deleteGroup(groupId: string): Soon<ErrorCode> {
    return this.#submit<ErrorCode>(
      groupId,
      (state, log) => deleteGroup(state, log, groupId),
      (error) => error,
    );
  }

  /** GROUP_ID_NOT_FOUND when there is no such group. */
  describeGroup(groupId: string): Soon<DescribedGroup | ErrorCode> {
    return this.#submit<DescribedGroup | ErrorCode>(
      groupId,
      (state) => {
        const group = state.groups.get(groupId);
        return group === undefined ? ErrorCode.GROUP_ID_NOT_FOUND : describe(group);
      },
      (error) => error,
    );
  }

  /** The groups that this broker coordinates. An error code when some of them cannot be told now. */
  listGroups(): Promise<readonly ListedGroup[] | ErrorCode> {
    return this.#runtime.collect((state) => Array.from(state.groups.values(), listed));
  }

  /** Topics were deleted: what groups have committed for them goes. Nobody waits; what is not in memory is swept when it is loaded. */
  onTopicsDeleted(topics: readonly { readonly name: string; readonly id: string }[]): void {
    if (this.#background.stopped) return;
    for (const index of this.#runtime.loaded) {
      const swept = this.#runtime.submit<undefined>(
        index,
        (state, log) => {
          deleteOffsetsOfTopics(state, log, topics);
          return undefined;
        },
        () => undefined,
      );
      if (swept !== undefined) this.#background.run('delete the offsets of deleted topics', () => swept);
    }
  }

  /** The partition is led elsewhere, or gone: its groups are answered NOT_COORDINATOR from now on. */
  unload(index: number): void {
    this.#runtime.unload(index);
  }

  /** Takes no further requests and writes what has been decided. To be called before the partitions close. */
  stop(): void {
    this.#runtime.stop();
  }

  /** Tells those who still wait. To be called when the partitions are closed. */
  async close(): Promise<void> {
    this.#runtime.close();
    await this.#background.stop();
  }

  #submit<T>(groupId: string, command: Command<GroupState, GroupRecord, T>, refusal: (error: ErrorCode) => T): Soon<T> {
    const index = this.#find(groupId);
    return typeof index === 'number' ? this.#runtime.submit(index, command, refusal) : refusal(index.error);
  }

  /** The partition that the group belongs to, if this broker leads it. */
  #find(groupId: string): number | { readonly error: ErrorCode } {
    const index = this.partitionOf(groupId);
    // Clients look for their coordinator first, and that creates the topic.
    if (index === undefined) return { error: ErrorCode.COORDINATOR_NOT_AVAILABLE };
    return this.#partitions.leads(index) ? index : { error: ErrorCode.NOT_COORDINATOR };
  }
}

/** A log that cannot be written is found elsewhere, or again; clients of a coordinator do not know the codes of a Produce. */
function errorOfWrite(error: ErrorCode): ErrorCode {
  const isFault = error === ErrorCode.KAFKA_STORAGE_ERROR || error === ErrorCode.NOT_LEADER_OR_FOLLOWER;
  return isFault ? ErrorCode.NOT_COORDINATOR : error;
}

/** Kafka's one code for "send the marker again, to whoever leads the partition then". */
function errorOfMarker(error: ErrorCode): ErrorCode {
  switch (error) {
    case ErrorCode.NOT_COORDINATOR:
    case ErrorCode.COORDINATOR_NOT_AVAILABLE:
    case ErrorCode.COORDINATOR_LOAD_IN_PROGRESS:
      return ErrorCode.NOT_LEADER_OR_FOLLOWER;
    default:
      return error;
  }
}
