/** Who has the markers of a decision written: the state tells it, and does not wait. */
import type { Transaction } from './transaction.ts';

export interface Decisions {
  /**
   * `transaction` is in PrepareCommit or PrepareAbort. It is to be carried out once `isDurable` resolves to true, never before (invariant I18); false means that
   * the decision may not be in the log, and that the state will be loaded again.
   */
  carryOut(transaction: Transaction, isDurable: Promise<boolean>): void;
}
