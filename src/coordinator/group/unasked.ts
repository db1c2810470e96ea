/** What a group coordinator decides although nobody asks: sessions begin anew with a load, deadlines pass, offsets grow old, topics have gone meanwhile. */
import type { Unasked } from '../state-machine.ts';
import { onDeadline, startSessions } from './classic/deadlines.ts';
import type { GroupRecord } from './group-record.ts';
import type { GroupState } from './group-state.ts';
import type { GroupTurn } from './group-turn.ts';
import { deleteOffsetsOfLostTopics } from './offsets/delete-offsets.ts';
import { expireOffsets } from './offsets/expire-offsets.ts';

/** Wakes for offset expiry. A group may have this id too: then one call serves both, and each asks again. */
const EXPIRE_OFFSETS = 'expire-offsets';

export const unasked: Unasked<GroupState, GroupRecord> = {
  onLoaded(state, log) {
    deleteOffsetsOfLostTopics(state, log);
    const turn = state.turn(log);
    for (const group of [...state.groups.values()]) startSessions(turn, group);
    planExpiry(turn);
  },

  onWake(state, log, key) {
    const turn = state.turn(log);
    if (key === EXPIRE_OFFSETS) {
      expireOffsets(state, log, turn.settings.offsetsRetentionMs);
      planExpiry(turn);
    }
    const group = state.groups.get(key);
    if (group !== undefined) onDeadline(turn, group);
  },
};

function planExpiry({ log, settings }: GroupTurn): void {
  log.wakeAt(EXPIRE_OFFSETS, log.monotonicMs + settings.offsetsRetentionCheckIntervalMs);
}
