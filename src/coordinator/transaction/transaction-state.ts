/**
 * All transactional ids of one partition of `__transaction_state`. Owns which record changes what, and that a decision that is found in the log is carried
 * out. What the steps of the protocol decide is in a file each.
 */
import { PendingReply } from '../pending-reply.ts';
import type { StateMachine, Turn } from '../state-machine.ts';
import { abortTimedOut } from './abort-timed-out.ts';
import type { Decisions } from './decisions.ts';
import { expireIds } from './expire-ids.ts';
import type { Transaction } from './transaction.ts';
import type { TransactionRecord } from './transaction-record.ts';
import type { TransactionSettings } from './transaction-settings.ts';
import { assertTransition } from './transaction-status.ts';

export type TransactionTurn = Turn<TransactionRecord>;

const ABORT_TIMED_OUT = 'abort-timed-out';
const EXPIRE_IDS = 'expire-ids';

export class TransactionState implements StateMachine<TransactionRecord> {
  readonly #transactions = new Map<string, Transaction>();
  readonly #settings: TransactionSettings;
  readonly #decisions: Decisions;

  constructor(options: { settings: TransactionSettings; decisions: Decisions }) {
    this.#settings = options.settings;
    this.#decisions = options.decisions;
  }

  get transactions(): ReadonlyMap<string, Transaction> {
    return this.#transactions;
  }

  /** Writes down the next step of a transactional id. A decision is carried out when that is durable. */
  advance(turn: TransactionTurn, from: Transaction, to: Transaction): void {
    assertTransition(from.status, to.status);
    turn.append({ transactionalId: to.transactionalId, transaction: to });
    if (isDecided(to)) this.#handOver(turn, to);
  }

  /** The first step of an id that nobody knows. */
  begin(turn: TransactionTurn, transaction: Transaction): void {
    turn.append({ transactionalId: transaction.transactionalId, transaction });
  }

  forget(turn: TransactionTurn, transaction: Transaction): void {
    assertTransition(transaction.status, 'Dead');
    turn.append({ transactionalId: transaction.transactionalId, transaction: undefined });
  }

  apply({ transactionalId, transaction }: TransactionRecord): void {
    if (transaction === undefined) this.#transactions.delete(transactionalId);
    else this.#transactions.set(transactionalId, transaction);
  }

  /** Nothing is written here in a transaction. */
  applyTransactionEnd(): void {}

  onLoaded(turn: TransactionTurn): void {
    for (const transaction of this.#transactions.values())
      if (isDecided(transaction)) this.#handOver(turn, transaction);
    this.#planAbort(turn);
    this.#planExpiry(turn);
  }

  onWake(key: string, turn: TransactionTurn): void {
    if (key === ABORT_TIMED_OUT) {
      abortTimedOut(this, turn);
      this.#planAbort(turn);
    }
    if (key === EXPIRE_IDS) {
      expireIds(this, turn, this.#settings.idExpirationMs);
      this.#planExpiry(turn);
    }
  }

  #handOver(turn: TransactionTurn, transaction: Transaction): void {
    const isDurable = new PendingReply<boolean>();
    isDurable.refusal = () => false;
    turn.reply(isDurable, true);
    this.#decisions.carryOut(transaction, isDurable.promise);
  }

  #planAbort(turn: TransactionTurn): void {
    turn.wakeAt(ABORT_TIMED_OUT, turn.monotonicMs + this.#settings.abortIntervalMs);
  }

  #planExpiry(turn: TransactionTurn): void {
    turn.wakeAt(EXPIRE_IDS, turn.monotonicMs + this.#settings.idExpirationIntervalMs);
  }
}

function isDecided({ status }: Transaction): boolean {
  return status === 'PrepareCommit' || status === 'PrepareAbort';
}
