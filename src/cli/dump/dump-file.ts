/** Finds out by its name what a file of a data directory is, and shows what is in it. Reads a piece at a time; believes nothing. */
import { basename, dirname } from 'node:path';
import { readInt64, readUint32 } from '../../base/big-endian.ts';
import type { Disk, DiskFile } from '../../base/env.ts';
import { limits } from '../../base/limits.ts';
import {
  LOG,
  OFFSET_INDEX,
  parseDirectoryName,
  parseFileName,
  SNAPSHOT,
  TIME_INDEX,
  TRANSACTION_INDEX,
} from '../../log/local/file-names.ts';
import { OFFSET_ENTRY_BYTES } from '../../log/local/offset-index.ts';
import { TIME_ENTRY_BYTES } from '../../log/local/time-index.ts';
import {
  readTransactionEntry,
  TRANSACTION_ENTRY_BYTES,
  versionOfTransactionEntry,
} from '../../log/local/transaction-entry.ts';
import { decodeSnapshot } from '../../partition/producer-snapshot.ts';
import type { DumpLine } from './dump-line.ts';
import { dumpLog } from './dump-log.ts';
import { decoderFor } from './record-content.ts';

/** Entries of an index that are read at once. */
const ENTRIES_READ = 1_000;

/** Undefined: no file of a name that is known. */
export function dumperOf(path: string): ((disk: Disk) => AsyncGenerator<DumpLine, void, undefined>) | undefined {
  const parsed = parseFileName(basename(path).replace(/\.(deleted|lost)$/, ''));
  const base = parsed?.offset ?? 0;
  const topic = parseDirectoryName(basename(dirname(path)))?.topic ?? '';
  switch (parsed?.suffix) {
    case LOG:
      return opened(path, (file) => dumpLog(file, decoderFor(topic)));
    case OFFSET_INDEX:
      return opened(path, (file) =>
        entries(file, OFFSET_ENTRY_BYTES, (bytes, at) => ({
          offset: base + readUint32(bytes, at),
          position: readUint32(bytes, at + 4),
        })),
      );
    case TIME_INDEX:
      return opened(path, (file) =>
        entries(file, TIME_ENTRY_BYTES, (bytes, at) => ({
          timestamp: readInt64(bytes, at),
          offset: base + readUint32(bytes, at + 8),
        })),
      );
    case TRANSACTION_INDEX:
      return opened(path, (file) =>
        entries(file, TRANSACTION_ENTRY_BYTES, (bytes, at) => ({
          version: versionOfTransactionEntry(bytes, at),
          ...readTransactionEntry(bytes, at),
        })),
      );
    case SNAPSHOT:
      return opened(path, producers);
    default:
      // A snapshot of the metadata log, `<offset>-<epoch>.checkpoint`, is made of batches.
      if (/^\d{20}-\d{10}\.checkpoint$/.test(basename(path)))
        return opened(path, (file) => dumpLog(file, decoderFor('__cluster_metadata')));
      return /-checkpoint$/.test(basename(path)) ? opened(path, checkpointRows) : undefined;
  }
}

type Dump = (file: DiskFile) => AsyncGenerator<DumpLine, void, undefined>;

function opened(path: string, dump: Dump): (disk: Disk) => AsyncGenerator<DumpLine, void, undefined> {
  return async function* (disk) {
    const file = await disk.open(path, 'readOnly');
    try {
      yield* dump(file);
    } finally {
      await file.close();
    }
  };
}

async function* entries(
  file: DiskFile,
  entryBytes: number,
  decode: (bytes: Uint8Array, at: number) => Readonly<Record<string, number>>,
): AsyncGenerator<DumpLine, void, undefined> {
  const size = await file.size();
  const page = Buffer.allocUnsafeSlow(entryBytes * ENTRIES_READ);
  for (let position = 0; position < size; position += page.byteLength) {
    const filled = await file.read(page, position);
    const whole = filled - (filled % entryBytes);
    for (let at = 0; at < whole; at += entryBytes) yield { kind: 'entry', ...decode(page, at) };
    if (whole < filled) yield { kind: 'garbage', position: position + whole, bytes: filled - whole };
  }
}

async function* producers(file: DiskFile): AsyncGenerator<DumpLine, void, undefined> {
  const bytes = await readWhole(file);
  const found = bytes === undefined ? undefined : decodeSnapshot(bytes);
  if (found === undefined) {
    yield { kind: 'garbage', position: 0, bytes: await file.size() };
    return;
  }
  for (const {
    producerId,
    epoch,
    coordinatorEpoch,
    currentTxnFirstOffset,
    lastTimestamp,
    batches,
  } of found.producers) {
    const remembered = batches.map(({ firstSequence, lastSequence, lastOffset, offsetDelta, timestamp }) => ({
      firstSequence,
      lastSequence,
      lastOffset,
      offsetDelta,
      timestamp,
    }));
    yield {
      kind: 'producer',
      producerId,
      producerEpoch: epoch,
      coordinatorEpoch,
      currentTxnFirstOffset,
      lastTimestamp,
      batches: remembered,
    };
  }
}

async function* checkpointRows(file: DiskFile): AsyncGenerator<DumpLine, void, undefined> {
  const bytes = await readWhole(file);
  if (bytes === undefined) return;
  const [version = '', count = '', ...rows] = bytes
    .toString()
    .split('\n')
    .filter((line) => line !== '');
  yield { kind: 'checkpoint', version, rows: count };
  for (const row of rows) yield { kind: 'row', words: row.split(/\s+/) };
  if (count !== String(rows.length))
    yield { kind: 'garbage', problem: `${rows.length} rows, and the file says ${count}` };
}

async function readWhole(file: DiskFile): Promise<Buffer | undefined> {
  const size = await file.size();
  if (size > limits.indexBytesChecked) return undefined;
  const bytes = Buffer.allocUnsafe(size);
  return bytes.subarray(0, await file.read(bytes, 0));
}
