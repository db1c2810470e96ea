/**
 * The control batch that ends a producer's transaction in one partition (KIP-98): one record, whose key says committed or aborted and whose value has the epoch of the
 * coordinator that decided. Makes it and reads it; who may write one is decided elsewhere.
 */
import { assert } from '../../base/assert.ts';
import { readInt32, writeInt16, writeInt32 } from '../../base/big-endian.ts';
import { buildBatch } from './build.ts';
import { isControl, recordCount } from './header.ts';
import { ControlType, controlTypeOf, openRecords } from './records.ts';

export interface EndTransactionBatch {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly isCommit: boolean;
  readonly coordinatorEpoch: number;
  readonly timestampMs: number;
}

/** What is read back of one; the producer is in the batch's header. */
export interface EndTransaction {
  readonly isCommit: boolean;
  readonly coordinatorEpoch: number;
}

export function buildEndTransactionBatch(end: EndTransactionBatch): Uint8Array {
  // Key and value begin with an int16 version, 0.
  const key = new Uint8Array(4);
  writeInt16(key, 2, end.isCommit ? ControlType.COMMIT : ControlType.ABORT);
  const value = new Uint8Array(6);
  writeInt32(value, 2, end.coordinatorEpoch);
  return buildBatch({
    records: [{ timestamp: end.timestampMs, key, value }],
    producerId: end.producerId,
    producerEpoch: end.producerEpoch,
    isTransactional: true,
    isControl: true,
  });
}

/**
 * Undefined for a batch that ends no transaction: control records of other kinds, and batches that compaction has emptied. `batch` is a whole
 * control batch of a log, which was checked when it was written.
 */
export function endTransactionOf(batch: Uint8Array): EndTransaction | undefined {
  assert(isControl(batch), 'only a control batch can end a transaction');
  if (recordCount(batch) === 0) return undefined;
  const cursor = openRecords(batch);
  cursor.next();
  const { bytes, keyStart, keyLength, valueStart, valueLength } = cursor;
  if (keyLength < 4 || valueLength < 6) return undefined;
  const type = controlTypeOf(bytes.subarray(keyStart, keyStart + keyLength));
  if (type !== ControlType.COMMIT && type !== ControlType.ABORT) return undefined;
  return { isCommit: type === ControlType.COMMIT, coordinatorEpoch: readInt32(bytes, valueStart + 2) };
}
