/** DescribeTransactions v0: state, producer and partitions of transactional ids (KIP-664). Differs from Apache Kafka: nothing known. */
import { ErrorCode } from '../../protocol/error-code.ts';
import { DescribeTransactions } from '../../protocol/messages/describe-transactions.ts';
import { handler } from '../handler.ts';

export const describeTransactions = handler(DescribeTransactions, async (request, { broker }) => {
  const transactionStates = await Promise.all(
    request.transactionalIds.map(async (transactionalId) => {
      if (transactionalId === '') return { errorCode: ErrorCode.INVALID_REQUEST, transactionalId };
      const found = await broker.transactions.describe(transactionalId);
      return typeof found === 'number' ? { errorCode: found, transactionalId } : found;
    }),
  );
  return { transactionStates };
});
