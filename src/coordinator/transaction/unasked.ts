/** What a transaction coordinator decides although nobody asks: decisions of the last run are carried out, transactions take too long, ids grow old. */
import type { Unasked } from '../state-machine.ts';
import { abortTimedOut } from './abort-timed-out.ts';
import { expireIds } from './expire-ids.ts';
import type { TransactionRecord } from './transaction-record.ts';
import type { TransactionSettings } from './transaction-settings.ts';
import type { TransactionState, TransactionTurn } from './transaction-state.ts';

const ABORT_TIMED_OUT = 'abort-timed-out';
const EXPIRE_IDS = 'expire-ids';

export function unasked(settings: TransactionSettings): Unasked<TransactionState, TransactionRecord> {
  const planAbort = (turn: TransactionTurn) =>
    turn.wakeAt(ABORT_TIMED_OUT, turn.monotonicMs + settings.abortIntervalMs);
  const planExpiry = (turn: TransactionTurn) =>
    turn.wakeAt(EXPIRE_IDS, turn.monotonicMs + settings.idExpirationIntervalMs);
  return {
    onLoaded(state, turn) {
      state.carryOutDecided(turn);
      planAbort(turn);
      planExpiry(turn);
    },

    onWake(state, turn, key) {
      if (key === ABORT_TIMED_OUT) {
        abortTimedOut(state, turn);
        planAbort(turn);
      }
      if (key === EXPIRE_IDS) {
        expireIds(state, turn, settings.idExpirationMs);
        planExpiry(turn);
      }
    },
  };
}
