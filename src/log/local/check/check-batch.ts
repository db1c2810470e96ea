/** What is wrong with one batch by itself: checksum, header, and every record of it, inflated where it is compressed. Pure; knows no log. */
import { hasValidCrc } from '../../../protocol/batch/crc32c.ts';
import { codec, isControl, lastOffsetDelta, recordCount } from '../../../protocol/batch/header.ts';
import { MalformedBatch } from '../../../protocol/batch/malformed-batch.ts';
import { controlTypeOf, openRecords, view } from '../../../protocol/batch/records.ts';

/** Bytes of a control record's key: version and type. */
const CONTROL_KEY_BYTES = 4;

/** A sentence; undefined when the batch is sound. */
export function batchProblem(batch: Uint8Array): string | undefined {
  // Behind a wrong checksum everything else would be guesswork.
  if (!hasValidCrc(batch)) return 'the checksum of a batch is wrong';
  if (lastOffsetDelta(batch) < 0) return 'a batch ends before it begins';
  const count = recordCount(batch);
  if (count < 0 || count > lastOffsetDelta(batch) + 1)
    return `a batch of ${lastOffsetDelta(batch) + 1} offsets claims ${count} records`;
  try {
    return recordsProblem(batch);
  } catch (error) {
    if (!(error instanceof MalformedBatch)) throw error;
    return `the records of a batch cannot be read (codec ${codec(batch)}): ${error.message}`;
  }
}

/** Throws MalformedBatch. */
function recordsProblem(batch: Uint8Array): string | undefined {
  // Compaction leaves the header of a producer's last batch without anything behind it.
  if (recordCount(batch) === 0) return undefined;
  const cursor = openRecords(batch);
  let last = -1;
  for (let index = recordCount(batch); index > 0; index -= 1) {
    cursor.next();
    if (cursor.offsetDelta <= last || cursor.offsetDelta > lastOffsetDelta(batch)) {
      return 'the offsets of the records in a batch do not rise';
    }
    last = cursor.offsetDelta;
    if (!isControl(batch)) continue;
    const key = view(cursor.bytes, cursor.keyStart, cursor.keyLength);
    if (key === null || key.byteLength < CONTROL_KEY_BYTES || controlTypeOf(key) < 0)
      return 'a control record has no type';
  }
  return cursor.atEnd ? undefined : 'a batch has bytes behind its last record';
}
