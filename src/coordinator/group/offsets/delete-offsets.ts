/** The ends of committed offsets other than by age: OffsetDelete (KIP-496), the deletion of their topic, and of their group. */
import { ErrorCode } from '../../../protocol/error-code.ts';
import type { Turn } from '../../state-machine.ts';
import type { ClassicGroup } from '../classic/classic-group.ts';
import type { GroupRecord } from '../group-record.ts';
import type { GroupState } from '../group-state.ts';
import type { OffsetKey } from './offset-store.ts';

export interface OffsetsToDelete {
  readonly groupId: string;
  readonly partitions: readonly { readonly topic: string; readonly partition: number }[];
}

/** One error code per partition in order, or one for the group. */
export function deleteOffsets(
  state: GroupState,
  log: Turn<GroupRecord>,
  { groupId, partitions }: OffsetsToDelete,
): readonly ErrorCode[] | ErrorCode {
  const group = state.groups.get(groupId);
  if (group === undefined) return ErrorCode.GROUP_ID_NOT_FOUND;
  // What members of other kinds of groups use is not known.
  if (!group.isEmpty && !group.isOfConsumers) return ErrorCode.NON_EMPTY_GROUP;
  return partitions.map(({ topic, partition }) => {
    if (isSubscribed(group, topic)) return ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC;
    deleteOffset(state, log, { groupId, topic, partition });
    return ErrorCode.NONE;
  });
}

/** Consumers whose subscriptions cannot be read may subscribe to anything. */
export function isSubscribed(group: ClassicGroup, topic: string): boolean {
  return group.subscribedTopics?.has(topic) ?? group.isOfConsumers;
}

/** Topics are gone, and with them what was committed for them. */
export function deleteOffsetsOfTopics(
  state: GroupState,
  log: Turn<GroupRecord>,
  topics: readonly { readonly name: string; readonly id: string }[],
): void {
  const gone = new Map(topics.map(({ name, id }) => [name, id]));
  for (const groupId of state.groups.keys()) {
    for (const [topic, id] of gone) {
      deleteWhere(state, log, { groupId, topic, isGone: (topicId) => topicId === undefined || topicId === id });
    }
  }
}

/** Topics may have been deleted while nobody had this state in memory. Only offsets that name their topic's id can be judged then. */
export function deleteOffsetsOfLostTopics(state: GroupState, log: Turn<GroupRecord>): void {
  const isGone = (topicId: string | undefined) => topicId !== undefined && state.topics.nameOf(topicId) === undefined;
  for (const groupId of state.groups.keys()) {
    const topics = new Set(tablesOf(state, groupId).flatMap((table) => Array.from(table.topics(), ([topic]) => topic)));
    for (const topic of topics) deleteWhere(state, log, { groupId, topic, isGone });
  }
}

/** Of a group that goes. Also what is pending in transactions. */
export function deleteAllOffsets(state: GroupState, log: Turn<GroupRecord>, groupId: string): void {
  for (const table of tablesOf(state, groupId)) {
    for (const [topic] of [...table.topics()]) deleteWhere(state, log, { groupId, topic, isGone: () => true });
  }
}

/** One tombstone, if there is something under the key. */
export function deleteOffset({ offsets }: GroupState, log: Turn<GroupRecord>, key: OffsetKey): void {
  const { groupId, topic, partition } = key;
  const isCommitted = offsets.ofGroup(groupId)?.get(topic, partition) !== undefined;
  if (isCommitted || offsets.isPending(key)) {
    log.append({ kind: 'offset-commit', groupId, topic, partition, committed: undefined });
  }
}

function deleteWhere(
  state: GroupState,
  log: Turn<GroupRecord>,
  { groupId, topic, isGone }: { groupId: string; topic: string; isGone: (topicId: string | undefined) => boolean },
): void {
  for (const table of tablesOf(state, groupId)) {
    for (const [partition, { topicId }] of [...table.partitions(topic)]) {
      if (isGone(topicId)) deleteOffset(state, log, { groupId, topic, partition });
    }
  }
}

function tablesOf({ offsets }: GroupState, groupId: string) {
  const committed = offsets.ofGroup(groupId);
  return [...(committed === undefined ? [] : [committed]), ...offsets.pendingTables(groupId)];
}
