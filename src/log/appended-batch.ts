/**
 * What a log notes of a batch that it holds already, read from the batch. The only place that says whose time a batch is: a batch without records (compaction
 * leaves such, for its producer's sequences) has none, although its header keeps the largest timestamp of the records that are gone, by which the producer expires.
 */
import {
  baseOffset,
  lastOffset,
  maxTimestamp,
  NO_TIMESTAMP,
  partitionLeaderEpoch,
  recordCount,
} from '../protocol/batch/header.ts';
import type { AppendedBatch } from './log-engine.ts';

export function appendedBatch(bytes: Uint8Array): AppendedBatch {
  return {
    bytes,
    baseOffset: baseOffset(bytes),
    lastOffset: lastOffset(bytes),
    leaderEpoch: partitionLeaderEpoch(bytes),
    maxTimestamp: maxTimestampOfRecords(bytes),
  };
}

/** The largest timestamp of the records that are there; the header is enough. */
export function maxTimestampOfRecords(batch: Uint8Array): number {
  return recordCount(batch) === 0 ? NO_TIMESTAMP : maxTimestamp(batch);
}
