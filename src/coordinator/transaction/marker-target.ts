/** The partitions that a transaction wrote to, as its coordinator reaches them: on this broker, or later on others. */
import type { TransactionMarker } from '../../partition/transaction-marker.ts';
import type { ErrorCode } from '../../protocol/error-code.ts';
import type { TopicPartition } from './partition-set.ts';

export interface MarkerTarget {
  /** NONE when the marker is durable; UNKNOWN_TOPIC_OR_PARTITION when there is no such partition any more. */
  writeMarker(partition: TopicPartition, marker: TransactionMarker): ErrorCode | Promise<ErrorCode>;
}
