/**
 * Writes a batch anew without the records that go. Offsets, sequences, epoch, codec and the kind of timestamps stay; a batch that loses nothing
 * stays as it is, byte for byte. Records are copied from place to place: only their timestamps are written relative to a new base when there is one.
 */
import { readInt16, writeInt16, writeInt32, writeInt64 } from '../../base/big-endian.ts';
import { compressionOfCodec } from '../../protocol/batch/compression.ts';
import { updateCrc } from '../../protocol/batch/crc32c.ts';
import {
  Attribute,
  baseTimestamp,
  codec,
  HEADER_BYTES,
  isLogAppendTime,
  LOG_OVERHEAD_BYTES,
  maxTimestamp,
  NO_TIMESTAMP,
} from '../../protocol/batch/header.ts';
import type { RawRecords } from '../../protocol/batch/raw-records.ts';
import type { RecordCursor } from '../../protocol/batch/record-cursor.ts';
import { repack } from '../../protocol/batch/repack.ts';

export class BatchRewrite {
  readonly #batch: Uint8Array;
  /** Set anew in this pass, and then the base of all timestamps (KIP-534). */
  readonly #horizonMs: number | undefined;
  readonly #records: RawRecords;
  #count = 0;
  #maxTimestamp = NO_TIMESTAMP;

  /** `scratch` is used until `finish`: memory for each batch anew would make the garbage collector walk the whole heap several times a second. */
  constructor(batch: Uint8Array, horizonMs: number | undefined, scratch: RawRecords) {
    this.#batch = batch;
    this.#horizonMs = horizonMs;
    this.#records = scratch;
    scratch.clear();
  }

  /** Keeps the record under the cursor. */
  keep(cursor: RecordCursor): void {
    const timestamp = baseTimestamp(this.#batch) + cursor.timestampDelta;
    this.#records.add(cursor, timestamp - (this.#horizonMs ?? baseTimestamp(this.#batch)));
    this.#maxTimestamp = Math.max(this.#maxTimestamp, timestamp);
    this.#count += 1;
  }

  finish(): Uint8Array {
    const batch = repack(this.#batch, this.#records.bytes, compressionOfCodec(codec(this.#batch)));
    if (this.#horizonMs !== undefined) {
      writeInt16(batch, 21, readInt16(batch, 21) | Attribute.DELETE_HORIZON);
      writeInt64(batch, 27, this.#horizonMs);
    }
    if (!isLogAppendTime(batch)) writeInt64(batch, 35, this.#maxTimestamp);
    writeInt32(batch, 57, this.#count);
    updateCrc(batch);
    return batch;
  }
}

/** Only the header: what a producer's sequences and the offsets of a log need of a batch without records. */
export function emptyBatch(batch: Uint8Array): Uint8Array {
  const empty = Uint8Array.from(batch.subarray(0, HEADER_BYTES));
  writeInt32(empty, 8, HEADER_BYTES - LOG_OVERHEAD_BYTES);
  writeInt16(empty, 21, readInt16(empty, 21) & ~(Attribute.CODEC_MASK | Attribute.DELETE_HORIZON));
  writeInt64(empty, 27, NO_TIMESTAMP);
  writeInt64(empty, 35, maxTimestamp(batch));
  writeInt32(empty, 57, 0);
  updateCrc(empty);
  return empty;
}
