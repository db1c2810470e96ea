/**
 * ListTransactions v0–2: the transactional ids that this broker coordinates (KIP-664).
 *
 * v1 leaves out what has not been running for long (KIP-994), v2 filters by a pattern of ids (KIP-1152). Differs from Apache Kafka: nothing known.
 */
import { isStatus } from '../../coordinator/transaction/transaction-status.ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import { ListTransactions } from '../../protocol/messages/list-transactions.ts';
import { handler } from '../handler.ts';

export const listTransactions = handler(ListTransactions, async (request, { broker }) => {
  const { stateFilters, producerIdFilters, durationFilter, transactionalIdPattern } = request;
  const matchesId = await idFilter(transactionalIdPattern);
  if (matchesId === undefined) return { errorCode: ErrorCode.INVALID_REGULAR_EXPRESSION };
  const unknownStateFilters = stateFilters.filter((name) => !isStatus(name));
  const found = await broker.transactions.list({
    statuses: stateFilters.length === 0 ? undefined : new Set(stateFilters.filter(isStatus)),
    producerIds: producerIdFilters.length === 0 ? undefined : new Set(producerIdFilters),
    durationMs: durationFilter,
    matchesId,
  });
  if (typeof found === 'number') return { errorCode: found };
  const transactionStates = found.map(({ transactionalId, producerId, status }) => ({
    transactionalId,
    producerId,
    transactionState: status,
  }));
  return { errorCode: ErrorCode.NONE, unknownStateFilters, transactionStates };
});

/**
 * Undefined: the pattern is not one. RE2 takes linear time, as in Apache Kafka; JavaScript's own expressions may take exponential time, and a client could stop the
 * broker with one.
 */
async function idFilter(pattern: string | null): Promise<((id: string) => boolean) | undefined> {
  if (pattern === null || pattern === '') return () => true;
  const { RE2JS, RE2JSException } = await import('re2js');
  try {
    const compiled = RE2JS.compile(pattern);
    return (id) => compiled.matches(id);
  } catch (error) {
    if (error instanceof RE2JSException) return undefined;
    throw error;
  }
}
