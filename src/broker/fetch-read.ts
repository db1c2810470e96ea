/**
 * Reads what a fetch may have now: partition by partition in the order of the request, within the byte limits. The first batch of the first
 * partition that has data always comes whole, so that a batch larger than the limits does not stop its consumer. Nothing is copied, and where
 * everything asked for is in memory nothing is awaited.
 */

import type { AbortedTransaction, LogSlice } from '../log/log-engine.ts';
import { LogCorrupt } from '../log/log-faults.ts';
import type { Isolation, Partition } from '../partition/partition.ts';
import { errorOfFault, PartitionFault } from '../partition/partition-fault.ts';
import { ErrorCode } from '../protocol/error-code.ts';
import type { FetchedPartition, FetchPartition } from './fetch-partition.ts';

export interface FetchReadOptions {
  readonly bytesMax: number;
  readonly isolation: Isolation;
  /** A replica's id, which is refused unless it is one of the partition's; -1 is a consumer. */
  readonly replicaId: number;
  /** Finds and opens a partition; the error code says why there is none. */
  find(target: FetchPartition): Partition | ErrorCode | Promise<Partition | ErrorCode>;
}

export interface FetchedAnswer {
  readonly target: FetchPartition;
  readonly data: FetchedPartition;
  readonly bytes: number;
}

export interface FetchReading {
  readonly answers: FetchedAnswer[];
  /** Partitions that do not exist as far as this broker knows. They are answered, but nobody is kept from waiting by them. */
  readonly unknown: FetchedAnswer[];
  bytes: number;
  /** Something in it is to be told at once: an error or diverging logs. */
  isUrgent: boolean;
}

/** Reads all `targets` in order. A plain value when nothing had to be read from the disk or opened. */
export function readFetch(
  targets: readonly FetchPartition[],
  options: FetchReadOptions,
): FetchReading | Promise<FetchReading> {
  const reading: FetchReading = { answers: [], unknown: [], bytes: 0, isUrgent: false };
  return readFrom(0, targets, options, reading);
}

function readFrom(
  start: number,
  targets: readonly FetchPartition[],
  options: FetchReadOptions,
  reading: FetchReading,
): FetchReading | Promise<FetchReading> {
  for (let index = start; index < targets.length; index++) {
    const target = targets[index];
    if (target === undefined) break;
    const step = readOne(target, options, reading);
    if (step !== undefined) return step.then(() => readFrom(index + 1, targets, options, reading));
  }
  return reading;
}

/** A promise only when the partition has to be opened or the disk read. */
function readOne(target: FetchPartition, options: FetchReadOptions, reading: FetchReading): Promise<void> | undefined {
  const found = target.partition ?? options.find(target);
  if (found instanceof Promise) return found.then((late) => readFound(target, late, options, reading));
  return readFound(target, found, options, reading);
}

function readFound(
  target: FetchPartition,
  found: Partition | ErrorCode,
  options: FetchReadOptions,
  reading: FetchReading,
): Promise<void> | undefined {
  if (typeof found === 'number') {
    target.partition = undefined;
    addRefusal(target, found, reading);
    return undefined;
  }
  target.partition = found;
  const refusal = refuse(target, found, options);
  if (refusal !== ErrorCode.NONE) {
    addRefusal(target, refusal, reading);
    return undefined;
  }
  if (target.lastFetchedEpoch >= 0) {
    const end = found.endOfEpoch(target.lastFetchedEpoch);
    const isCommitted = options.isolation === 'committed';
    if (end.endOffset < target.fetchOffset || end.leaderEpoch < target.lastFetchedEpoch) {
      reading.isUrgent = true;
      const data = readable(target, found, { slice: noSlice, aborted: isCommitted ? noneAborted : null });
      reading.answers.push({
        target,
        data: { ...data, divergingEpoch: { epoch: end.leaderEpoch, endOffset: end.endOffset } },
        bytes: 0,
      });
      return undefined;
    }
  }
  return readRecords(target, found, options, reading);
}

function readRecords(
  target: FetchPartition,
  partition: Partition,
  options: FetchReadOptions,
  reading: FetchReading,
): Promise<void> | undefined {
  const left = Math.max(0, options.bytesMax - reading.bytes);
  const slice = partition.read({
    offset: target.fetchOffset,
    isolation: options.isolation,
    bytesMax: Math.min(target.bytesMax, left),
    atLeastOneBatch: reading.bytes === 0,
  });
  const found = withAborted(partition, target.fetchOffset, options, slice);
  if (!(found instanceof Promise)) {
    addRecords(target, partition, found, reading);
    return undefined;
  }
  return found.then(
    (late) => {
      // What was deleted since may have taken its list of aborted transactions along, and without it they would pass for committed.
      const isWhole = late.aborted === null || partition.logStartOffset <= target.fetchOffset;
      if (isWhole) addRecords(target, partition, late, reading);
      else addRefusal(target, ErrorCode.OFFSET_OUT_OF_RANGE, reading);
    },
    (error: unknown) => {
      // The disk failed, or the log was closed under the read: the partition says which once it knows.
      const fault = error instanceof PartitionFault ? error : partition.stopped;
      addRefusal(target, fault === undefined ? errorOfRead(error) : errorOfFault(fault.kind), reading);
    },
  );
}

/** A disk may be mended; records that are damaged at rest stay so, and clients say so to their users instead of trying for ever. */
function errorOfRead(error: unknown): ErrorCode {
  return error instanceof LogCorrupt ? ErrorCode.CORRUPT_MESSAGE : ErrorCode.KAFKA_STORAGE_ERROR;
}

/** Records, and what of them a reader of committed ones has to leave out; null for others. */
interface FoundRecords {
  readonly slice: LogSlice;
  readonly aborted: readonly AbortedTransaction[] | null;
}

function withAborted(
  partition: Partition,
  offset: number,
  options: FetchReadOptions,
  slice: LogSlice | Promise<LogSlice>,
): FoundRecords | Promise<FoundRecords> {
  if (slice instanceof Promise) return slice.then((late) => withAborted(partition, offset, options, late));
  if (options.isolation !== 'committed') return { slice, aborted: null };
  if (slice.bytes === 0) return { slice, aborted: noneAborted };
  const aborted = partition.abortedTransactions({ offset, nextOffset: slice.nextOffset });
  return aborted instanceof Promise ? aborted.then((late) => ({ slice, aborted: late })) : { slice, aborted };
}

/** What forbids the read; NONE when nothing does. */
function refuse(target: FetchPartition, partition: Partition, options: FetchReadOptions): ErrorCode {
  // There are no followers here: whoever claims to be one is none of this partition's replicas.
  if (options.replicaId >= 0) return ErrorCode.NOT_LEADER_OR_FOLLOWER;
  const epochError = partition.checkLeaderEpoch(Math.max(-1, target.currentLeaderEpoch));
  if (epochError !== ErrorCode.NONE) return epochError;
  if (target.lastFetchedEpoch >= 0 && partition.endOfEpoch(target.lastFetchedEpoch).endOffset === -1) {
    return ErrorCode.OFFSET_OUT_OF_RANGE;
  }
  if (target.fetchOffset < partition.logStartOffset) return ErrorCode.OFFSET_OUT_OF_RANGE;
  if (target.lastFetchedEpoch < 0 && target.fetchOffset > partition.logEndOffset) return ErrorCode.OFFSET_OUT_OF_RANGE;
  if (target.bytesMax < 0 || options.bytesMax < 0) return ErrorCode.UNKNOWN_SERVER_ERROR;
  return ErrorCode.NONE;
}

function addRecords(target: FetchPartition, partition: Partition, found: FoundRecords, reading: FetchReading): void {
  reading.answers.push({ target, data: readable(target, partition, found), bytes: found.slice.bytes });
  reading.bytes += found.slice.bytes;
}

function readable(target: FetchPartition, partition: Partition, { slice, aborted }: FoundRecords): FetchedPartition {
  return {
    partitionIndex: target.index,
    errorCode: ErrorCode.NONE,
    highWatermark: partition.highWatermark,
    lastStableOffset: partition.lastStableOffset,
    logStartOffset: partition.logStartOffset,
    abortedTransactions: aborted,
    records: slice.parts,
  };
}

function addRefusal(target: FetchPartition, errorCode: ErrorCode, reading: FetchReading): void {
  const isUnknown = errorCode === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION || errorCode === ErrorCode.UNKNOWN_TOPIC_ID;
  const answer = { target, data: refusedPartition(target.index, errorCode, isUnknown ? [] : null), bytes: 0 };
  if (isUnknown) {
    reading.unknown.push(answer);
  } else {
    reading.answers.push(answer);
    reading.isUrgent = true;
  }
}

/** Where Kafka refuses before it looks at the log, the list of aborted transactions is empty; after that it is null. */
export function refusedPartition(
  partitionIndex: number,
  errorCode: ErrorCode,
  abortedTransactions: [] | null,
): FetchedPartition {
  return {
    partitionIndex,
    errorCode,
    highWatermark: -1,
    lastStableOffset: -1,
    logStartOffset: -1,
    abortedTransactions,
    records: noParts,
  };
}

const noneAborted: readonly AbortedTransaction[] = [];
const noParts: readonly Uint8Array[] = [];
const noSlice: LogSlice = { parts: noParts, bytes: 0, nextOffset: 0 };
