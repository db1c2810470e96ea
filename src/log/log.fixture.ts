/** What tests of the log make their logs and batches from. */

import { buildBatch } from '../protocol/batch/build.ts';
import { appendedBatch } from './appended-batch.ts';
import type { AbortedTransaction, AppendedBatch, LogId, LogSettings, PartitionLog } from './log-engine.ts';

export function logId(id: Partial<LogId> = {}): LogId {
  return { topic: 'orders', topicId: 'AAAAAAAAAAAAAAAAAAAAAQ', partition: 0, ...id };
}

/** No bounds but a large segment; what a test is about it sets itself. */
export function logSettings(settings: Partial<LogSettings> = {}): LogSettings {
  return {
    cleanupPolicy: ['delete'],
    deleteRetentionMs: 86_400_000,
    fileDeleteDelayMs: 60_000,
    indexIntervalBytes: 4096,
    maxCompactionLagMs: Number.MAX_SAFE_INTEGER,
    minCleanableDirtyRatio: 0.5,
    minCompactionLagMs: 0,
    retentionBytes: -1,
    retentionMs: -1,
    segmentBytes: 1024 * 1024 * 1024,
    segmentIndexBytes: 10 * 1024 * 1024,
    segmentJitterMs: 0,
    segmentMs: 604_800_000,
    ...settings,
  };
}

export interface BatchToAppend {
  readonly records?: number;
  readonly timestamp?: number;
  readonly leaderEpoch?: number;
  readonly valueBytes?: number;
  readonly aborted?: AbortedTransaction;
}

/** Appends one batch at the log's end, as a partition does, and answers its bytes. */
export function appendTo(log: PartitionLog, wanted: BatchToAppend): Uint8Array {
  const batch = batchAt(log.endOffset, wanted);
  log.append(batch);
  log.requestWrite();
  return batch.bytes;
}

export function batchAt(offset: number, wanted: BatchToAppend): AppendedBatch {
  const { records = 1, timestamp = 1_700_000_000_000, leaderEpoch = 0, valueBytes = 20, aborted } = wanted;
  const value = Buffer.alloc(valueBytes, `value at ${offset} `);
  const record = { timestamp, key: null, value };
  const bytes = buildBatch({
    records: Array.from({ length: records }, () => record),
    baseOffset: offset,
    partitionLeaderEpoch: leaderEpoch,
  });
  return { ...appendedBatch(bytes), aborted };
}

/** Resolves when the log has made progress so that `reached` holds; rejects with its fault. */
export function whenProgress(log: PartitionLog, reached: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = (fault: Error | undefined): void => {
      if (fault !== undefined) reject(fault);
      else if (reached()) resolve();
    };
    log.onProgress = look;
    look(undefined);
  });
}
