/** Tells the transaction coordinator which changes of the metadata concern it: leaders of its partitions. */
import type { TransactionCoordinator } from '../coordinator/transaction/transaction-coordinator.ts';
import type { MetadataChange } from '../metadata/metadata-image.ts';
import { TRANSACTION_STATE } from '../metadata/topic-name.ts';

export function followTransactions(transactions: TransactionCoordinator, changes: readonly MetadataChange[]): void {
  for (const change of changes) {
    if (change.kind === 'topic-deleted' && change.topic.name === TRANSACTION_STATE) {
      for (const { index } of change.topic.partitions) transactions.onLeaderChange(index);
    }
    // Another leader, or the same in a new epoch: either way the state has to come from the log again.
    if (change.kind === 'partition-changed' && change.topic.name === TRANSACTION_STATE) {
      transactions.onLeaderChange(change.partition.index);
    }
  }
}
