/**
 * Writes a batch anew without the records that go. Offsets, sequences, epoch, codec and the kind of timestamps stay; a batch that loses nothing
 * stays as it is, byte for byte. Records are copied from place to place: only their timestamps are written relative to a new base when there is one.
 */
import { readInt16, writeInt16, writeInt32, writeInt64 } from '../../base/big-endian.ts';
import { GatheredBytes } from '../../base/gathered-bytes.ts';
import { compress, compressionOfCodec } from '../../protocol/batch/compression.ts';
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
import type { RecordCursor } from '../../protocol/batch/record-cursor.ts';
import { varintBytes, writeVarint } from '../../protocol/batch/record-writer.ts';

/** One after the other in the same memory. */
export class BatchRewrite {
  /** Header and records. */
  readonly #gathered = new GatheredBytes();
  #batch: Uint8Array = this.#gathered.bytes;
  #horizonMs: number | undefined;
  #base = 0;
  #count = 0;
  #maxTimestamp = NO_TIMESTAMP;

  /** `horizonMs` is set anew in this pass, and is then the base of all timestamps (KIP-534). What was written before is gone. */
  begin(batch: Uint8Array, horizonMs: number | undefined): void {
    this.#batch = batch;
    this.#horizonMs = horizonMs;
    this.#base = baseTimestamp(batch);
    this.#count = 0;
    this.#maxTimestamp = NO_TIMESTAMP;
    this.#gathered.cut(0);
    this.#gathered.add(batch, 0, HEADER_BYTES);
  }

  /** Keeps the record under the cursor. */
  keep(cursor: RecordCursor): void {
    const timestamp = this.#base + cursor.timestampDelta;
    this.#add(cursor, timestamp - (this.#horizonMs ?? this.#base));
    this.#maxTimestamp = Math.max(this.#maxTimestamp, timestamp);
    this.#count += 1;
  }

  #add(cursor: RecordCursor, timestampDelta: number): void {
    const body = 1 + varintBytes(timestampDelta) + cursor.position - cursor.offsetDeltaStart;
    const at = this.#gathered.grow(varintBytes(body) + 1 + varintBytes(timestampDelta));
    const { memory } = this.#gathered;
    const attributesAt = writeVarint(memory, at, body);
    memory[attributesAt] = cursor.attributes;
    writeVarint(memory, attributesAt + 1, timestampDelta);
    this.#gathered.add(cursor.bytes, cursor.offsetDeltaStart, cursor.position);
  }

  finish(): Uint8Array {
    const compression = compressionOfCodec(codec(this.#batch));
    if (compression !== 'none') {
      const packed = compress(compression, this.#gathered.bytes.subarray(HEADER_BYTES));
      this.#gathered.cut(HEADER_BYTES);
      this.#gathered.add(packed);
    }
    const batch = this.#gathered.bytes;
    writeInt32(batch, 8, batch.length - LOG_OVERHEAD_BYTES);
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
