/**
 * What the records of a produced batch must satisfy one by one: a key on a compacted topic, a timestamp that the topic allows, and, where the
 * bytes are compressed, offsets that count up. The good case makes no object per record; only a batch that is refused is walked
 * a second time to say why.
 */
import { limits } from '../../base/limits.ts';
import type { BatchRules } from './batch-rules.ts';
import { baseTimestamp, isLogAppendTime, maxTimestamp, NO_TIMESTAMP, recordCount } from './header.ts';
import { MalformedBatch } from './malformed-batch.ts';
import type { RecordCursor } from './record-cursor.ts';

export interface RecordDemands {
  readonly needsKey: boolean;
  /** Whether the topic keeps producers' timestamps, and which ones it then takes. */
  readonly keepsTimestamps: boolean;
  readonly oldestMs: number;
  readonly newestMs: number;
  /**
   * Whether offset deltas must be 0, 1, 2, … Apache Kafka accepts others as long as it stores plain bytes as they came.
   */
  readonly ordered: boolean;
}

export interface RecordProblem {
  readonly kind: 'key' | 'timestamp';
  readonly batchIndex: number;
  readonly message: string;
}

export function demandsOf(rules: BatchRules, { nowMs, ordered }: { nowMs: number; ordered: boolean }): RecordDemands {
  const keepsTimestamps = rules.messageTimestampType === 'CreateTime';
  return {
    needsKey: rules.cleanupPolicy.includes('compact'),
    keepsTimestamps,
    oldestMs: keepsTimestamps ? nowMs - rules.messageTimestampBeforeMaxMs : Number.NEGATIVE_INFINITY,
    newestMs: keepsTimestamps ? nowMs + rules.messageTimestampAfterMaxMs : Number.POSITIVE_INFINITY,
    ordered,
  };
}

/**
 * Walks over all records. Answers their largest timestamp (-1 when none has one), or undefined when a record is not acceptable.
 * Throws MalformedBatch when the bytes are not the records that the header promises.
 */
export function largestTimestamp(cursor: RecordCursor, batch: Uint8Array, demands: RecordDemands): number | undefined {
  const { needsKey, oldestMs, newestMs, ordered } = demands;
  const base = baseTimestamp(batch);
  const count = recordCount(batch);
  const isAppendTime = isLogAppendTime(batch);
  let largest = NO_TIMESTAMP;
  let isRefused = isAppendTime && refusesAppendTime(batch, demands);
  for (let index = 0; index < count; index += 1) {
    cursor.next();
    const timestamp = isAppendTime ? maxTimestamp(batch) : base + cursor.timestampDelta;
    if (timestamp > largest) largest = timestamp;
    if ((timestamp > newestMs || timestamp < oldestMs) && timestamp !== NO_TIMESTAMP) isRefused = true;
    if (needsKey && cursor.keyLength < 0) isRefused = true;
    if (ordered && cursor.offsetDelta !== index) {
      throw new MalformedBatch('record', 'the offsets inside a compressed batch do not count up');
    }
  }
  if (!cursor.atEnd) throw new MalformedBatch('record', 'a batch has bytes after its last record');
  return isRefused ? undefined : largest;
}

/** The problems of the first bad records. `largestTimestamp` has walked over the batch before, so its structure is sound. */
export function recordErrorsOf(cursor: RecordCursor, batch: Uint8Array, demands: RecordDemands): RecordProblem[] {
  cursor.rewind();
  const problems: RecordProblem[] = [];
  const count = recordCount(batch);
  for (let index = 0; index < count && problems.length < limits.recordErrorsPerBatch; index += 1) {
    cursor.next();
    const problem = problemOf(cursor, batch, demands);
    if (problem !== undefined) problems.push({ ...problem, batchIndex: index });
  }
  return problems;
}

function problemOf(
  cursor: RecordCursor,
  batch: Uint8Array,
  demands: RecordDemands,
): Pick<RecordProblem, 'kind' | 'message'> | undefined {
  if (demands.needsKey && cursor.keyLength < 0) {
    return { kind: 'key', message: 'A compacted topic takes no record without a key.' };
  }
  if (isLogAppendTime(batch)) {
    if (refusesAppendTime(batch, demands)) {
      return { kind: 'timestamp', message: 'A producer must not mark its batch as LogAppendTime.' };
    }
    return timestampProblem(maxTimestamp(batch), demands);
  }
  return timestampProblem(baseTimestamp(batch) + cursor.timestampDelta, demands);
}

function timestampProblem(
  timestamp: number,
  { oldestMs, newestMs }: RecordDemands,
): Pick<RecordProblem, 'kind' | 'message'> | undefined {
  if (timestamp === NO_TIMESTAMP || (timestamp >= oldestMs && timestamp <= newestMs)) return undefined;
  return { kind: 'timestamp', message: `The timestamp ${timestamp} lies outside of [${oldestMs}, ${newestMs}].` };
}

/** Where the topic keeps timestamps, the mark is taken off instead, unless there is no timestamp that it could stand for. */
function refusesAppendTime(batch: Uint8Array, { keepsTimestamps }: RecordDemands): boolean {
  return !keepsTimestamps || maxTimestamp(batch) === NO_TIMESTAMP;
}
