/**
 * ListPartitionReassignments v0 (KIP-455): the moves that are under way. There are none: a move is over when it is decided.
 *
 * Differs from Apache Kafka: nothing known.
 */
import { ErrorCode } from '../../protocol/error-code.ts';
import { ListPartitionReassignments } from '../../protocol/messages/list-partition-reassignments.ts';
import { handler } from '../handler.ts';

export const listPartitionReassignments = handler(ListPartitionReassignments, () => ({
  errorCode: ErrorCode.NONE,
  errorMessage: null,
  topics: [],
}));
