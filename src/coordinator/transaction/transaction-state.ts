/**
 * All transactional ids of one partition of `__transaction_state`. Owns which record changes what, and that a decision that is found in the log is carried
 * out. What the steps of the protocol decide is in a file each, and what is decided unasked in `unasked.ts`.
 */
import { PendingReply } from '../pending-reply.ts';
import type { StateMachine, Turn } from '../state-machine.ts';
import type { Decisions } from './decisions.ts';
import type { Transaction } from './transaction.ts';
import type { TransactionRecord } from './transaction-record.ts';
import { assertTransition } from './transaction-status.ts';

export type TransactionTurn = Turn<TransactionRecord>;

export class TransactionState implements StateMachine<TransactionRecord> {
  readonly #transactions = new Map<string, Transaction>();
  readonly #decisions: Decisions;

  constructor(decisions: Decisions) {
    this.#decisions = decisions;
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

  /** Carries out what was decided before this state was loaded. */
  carryOutDecided(turn: TransactionTurn): void {
    for (const transaction of this.#transactions.values()) {
      if (isDecided(transaction)) this.#handOver(turn, transaction);
    }
  }

  #handOver(turn: TransactionTurn, transaction: Transaction): void {
    const isDurable = new PendingReply<boolean>();
    isDurable.refusal = () => false;
    turn.reply(isDurable, true);
    this.#decisions.carryOut(transaction, isDurable.promise);
  }
}

function isDecided({ status }: Transaction): boolean {
  return status === 'PrepareCommit' || status === 'PrepareAbort';
}
