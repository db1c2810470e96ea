/** The batches and records of a `.log` file (or of a metadata snapshot, which is made of batches too), a few at a time. */
import type { DiskFile } from '../../base/env.ts';
import { walkBatches } from '../../log/local/batch-walk.ts';
import { compressionOfCodec } from '../../protocol/batch/compression.ts';
import { hasValidCrc } from '../../protocol/batch/crc32c.ts';
import {
  baseOffset,
  baseSequence,
  codec,
  deleteHorizonMs,
  isControl,
  isLogAppendTime,
  isTransactional,
  lastOffset,
  lastSequence,
  maxTimestamp,
  partitionLeaderEpoch,
  producerEpoch,
  producerId,
  recordCount,
} from '../../protocol/batch/header.ts';
import { MalformedBatch } from '../../protocol/batch/malformed-batch.ts';
import { recordsOf } from '../../protocol/batch/records.ts';
import type { DumpLine } from './dump-line.ts';
import { controlContent, plainContent, type RecordDecoder } from './record-content.ts';

/** Lines that are held before they are printed. A single batch may have more. */
const LINES_HELD = 1_000;

export async function* dumpLog(
  file: DiskFile,
  decode: RecordDecoder | undefined,
): AsyncGenerator<DumpLine, void, undefined> {
  const to = await file.size();
  for (let from = 0; ; ) {
    const lines: DumpLine[] = [];
    const visit = (batch: Uint8Array, position: number): boolean => {
      if (lines.length >= LINES_HELD) return false;
      lines.push(...batchLines(batch, position, decode));
      return true;
    };
    const end = await walkBatches({ file, from, to, whole: true, visit });
    yield* lines;
    if (end.reason === 'torn') yield { kind: 'garbage', position: end.position, bytes: to - end.position };
    if (end.reason !== 'stopped') return;
    from = end.position;
  }
}

function batchLines(batch: Uint8Array, position: number, decode: RecordDecoder | undefined): DumpLine[] {
  const valid = hasValidCrc(batch);
  const lines: DumpLine[] = [headerLine(batch, position, valid)];
  if (!valid) return lines;
  const content = isControl(batch) ? controlContent : (decode ?? plainContent);
  try {
    for (const record of recordsOf(batch)) {
      const { offset, timestamp, headers } = record;
      const named = Object.fromEntries(
        headers.map(({ key, value }) => [key, value === null ? null : Buffer.from(value).toString()]),
      );
      lines.push({
        kind: 'record',
        offset,
        timestamp,
        ...content(record),
        ...(headers.length > 0 ? { headers: named } : {}),
      });
    }
  } catch (error) {
    if (!(error instanceof MalformedBatch)) throw error;
    lines.push({ kind: 'unreadable', position, problem: error.message });
  }
  return lines;
}

function headerLine(batch: Uint8Array, position: number, valid: boolean): DumpLine {
  const horizonMs = deleteHorizonMs(batch);
  return {
    kind: 'batch',
    position,
    bytes: batch.byteLength,
    baseOffset: baseOffset(batch),
    lastOffset: lastOffset(batch),
    records: recordCount(batch),
    leaderEpoch: partitionLeaderEpoch(batch),
    maxTimestamp: maxTimestamp(batch),
    timestampType: isLogAppendTime(batch) ? 'LogAppendTime' : 'CreateTime',
    compression: codec(batch) > 4 ? codec(batch) : compressionOfCodec(codec(batch)),
    ...(producerId(batch) < 0
      ? {}
      : {
          producerId: producerId(batch),
          producerEpoch: producerEpoch(batch),
          baseSequence: baseSequence(batch),
          lastSequence: lastSequence(batch),
        }),
    ...(isTransactional(batch) ? { transactional: true } : {}),
    ...(isControl(batch) ? { control: true } : {}),
    ...(horizonMs === undefined ? {} : { deleteHorizonMs: horizonMs }),
    ...(valid ? {} : { validCrc: false }),
  };
}
