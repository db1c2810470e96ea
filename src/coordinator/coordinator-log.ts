/** The part of a partition that a coordinator writes its records to and rebuilds its state from. */
import type { Partition } from '../partition/partition.ts';

export type CoordinatorLog = Pick<
  Partition,
  | 'leaderEpoch'
  | 'logEndOffset'
  | 'highWatermark'
  | 'beginVerification'
  | 'appendInternal'
  | 'appendMarker'
  | 'waitUntilCommitted'
  | 'replay'
  | 'stopped'
  | 'isClosedInOrder'
>;
