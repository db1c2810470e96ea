/** What a coordinator asks of the broker around it: how its internal topic is partitioned, and the logs of the partitions that this broker leads. */
import type { ErrorCode } from '../protocol/error-code.ts';
import type { CoordinatorLog } from './coordinator-log.ts';

export interface CoordinatorPartitions {
  /** Partitions of the internal topic; undefined while there is no such topic. */
  count(): number | undefined;
  /** Whether this broker leads the partition. */
  leads(index: number): boolean;
  /** The partition, opened; or the error code that a Produce to it would get. */
  open(index: number): CoordinatorLog | ErrorCode | Promise<CoordinatorLog | ErrorCode>;
  /** Partitions led here that have a log already: all others are empty, and need not be opened to know that. */
  withLog(): Promise<readonly number[]>;
}
