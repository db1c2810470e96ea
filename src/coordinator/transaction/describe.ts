/** DescribeTransactions (KIP-664): what the coordinator knows of one transactional id. */

import type { DescribeTransactions } from '../../protocol/messages/describe-transactions.ts';
import type { ResponseOf } from '../../protocol/schema.ts';
import type { Transaction } from './transaction.ts';

export type DescribedTransaction = NonNullable<ResponseOf<typeof DescribeTransactions>['transactionStates']>[number];

export function describe(transaction: Transaction): DescribedTransaction {
  return {
    transactionalId: transaction.transactionalId,
    transactionState: transaction.status,
    transactionTimeoutMs: transaction.timeoutMs,
    transactionStartTimeMs: transaction.startMs,
    producerId: transaction.producerId,
    producerEpoch: transaction.producerEpoch,
    topics: Array.from(transaction.partitions, ([topic, partitions]) => ({ topic, partitions: [...partitions] })),
  };
}
