/** DeleteGroups: a group without members goes, and with it all that it has committed. */
import { ErrorCode } from '../../protocol/error-code.ts';
import type { Turn } from '../state-machine.ts';
import type { GroupRecord } from './group-record.ts';
import type { GroupState } from './group-state.ts';
import { deleteAllOffsets } from './offsets/delete-offsets.ts';

export function deleteGroup(state: GroupState, log: Turn<GroupRecord>, groupId: string): ErrorCode {
  const group = state.groups.get(groupId);
  if (group === undefined) return ErrorCode.GROUP_ID_NOT_FOUND;
  if (!group.isEmpty) return ErrorCode.NON_EMPTY_GROUP;
  deleteAllOffsets(state, log, groupId);
  log.append({ kind: 'group-metadata', groupId, metadata: undefined });
  return ErrorCode.NONE;
}
