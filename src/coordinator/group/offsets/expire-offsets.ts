/**
 * Offsets that have grown old (KIP-211): after `offsets.retention.minutes` without a member, or, for a topic that a stable group of consumers
 * no longer subscribes to, without a commit. A commit that named its own time (before v5) ends then. An empty group without offsets goes as well.
 */
import type { Turn } from '../../state-machine.ts';
import type { GroupRecord } from '../group-record.ts';
import type { Group, GroupState } from '../group-state.ts';
import { deleteOffset, isSubscribed } from './delete-offsets.ts';
import type { StoredOffset } from './offset-table.ts';

export function expireOffsets(state: GroupState, log: Turn<GroupRecord>, retentionMs: number): void {
  for (const group of [...state.groups.values()]) {
    if (expireOffsetsOf(state, log, { group, retentionMs }) && isUnused(state, group)) {
      log.append({ kind: 'group-metadata', groupId: group.groupId, metadata: undefined });
    }
  }
}

/** Whether nothing is left. */
function expireOffsetsOf(
  state: GroupState,
  log: Turn<GroupRecord>,
  { group, retentionMs }: { group: Group; retentionMs: number },
): boolean {
  const table = state.offsets.ofGroup(group.groupId);
  if (table === undefined) return true;
  const ageFrom = retentionStart(group);
  if (ageFrom === undefined) return false;
  for (const [topic, partitions] of [...table.topics()]) {
    if (isSubscribed(group, topic)) continue;
    for (const [partition, stored] of [...partitions]) {
      const key = { groupId: group.groupId, topic, partition };
      const expiresMs = stored.expireTimestampMs ?? ageFrom(stored) + retentionMs;
      if (log.nowMs >= expiresMs && !state.offsets.isPending(key)) deleteOffset(state, log, key);
    }
  }
  return state.offsets.ofGroup(group.groupId) === undefined;
}

/** From when on the retention counts; undefined while the group's members keep everything. */
function retentionStart(group: Group): ((stored: StoredOffset) => number) | undefined {
  const { stateTimestampMs } = group;
  if (group.protocolType === undefined) return ({ commitTimestampMs }) => commitTimestampMs;
  if (group.isEmpty) {
    return ({ commitTimestampMs }) => (stateTimestampMs === -1 ? commitTimestampMs : stateTimestampMs);
  }
  const isKnown = group.state === 'Stable' && group.isOfConsumers && group.subscribedTopics !== undefined;
  return isKnown ? ({ commitTimestampMs }) => commitTimestampMs : undefined;
}

function isUnused({ offsets }: GroupState, group: Group): boolean {
  return group.isEmpty && group.pendingMembers.size === 0 && !offsets.hasOpenTransaction(group.groupId);
}
