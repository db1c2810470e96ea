/** What tests of compaction append, ask for and look at. */
import { type BatchToBuild, buildBatch, type RecordToBuild } from '../../protocol/batch/build.ts';
import { isControl } from '../../protocol/batch/header.ts';
import { batches } from '../../protocol/batch/iterate.ts';
import { recordsOf } from '../../protocol/batch/records.ts';
import { appendedBatch } from '../appended-batch.ts';
import { logSettings } from '../log.fixture.ts';
import type { AbortedTransaction, LogSettings, PartitionLog } from '../log-engine.ts';
import type { CompactionRequest } from './compaction-request.ts';
import { KeyMap } from './key-map.ts';

/** Small segments; old files go at once. */
export function compactedSettings(settings: Partial<LogSettings> = {}): LogSettings {
  return logSettings({ cleanupPolicy: ['compact'], segmentBytes: 400, fileDeleteDelayMs: 0, ...settings });
}

/** `k=v`; `k=` is a tombstone. */
export function keyed(text: string): RecordToBuild {
  const [key = '', value = ''] = text.split('=');
  return { timestamp: 1_700_000_000_000, key: Buffer.from(key), value: value === '' ? null : Buffer.from(value) };
}

/** Appends one batch with these records. */
export function appendKeyed(log: PartitionLog, texts: readonly string[], rest: Partial<BatchToBuild> = {}): void {
  const base = log.endOffset;
  const bytes = buildBatch({ records: texts.map(keyed), baseOffset: base, partitionLeaderEpoch: 0, ...rest });
  appendBatch(log, bytes);
}

/** Ends a transaction; `abortedFrom` is where one that is aborted began. */
export function appendMarker(log: PartitionLog, producerId: number, abortedFrom?: number): void {
  const key = Buffer.from([0, 0, 0, abortedFrom === undefined ? 1 : 0]);
  const lastStableOffset = log.endOffset;
  const aborted =
    abortedFrom === undefined
      ? undefined
      : { producerId, firstOffset: abortedFrom, lastOffset: log.endOffset, lastStableOffset };
  const record = { timestamp: 1_700_000_000_000, key, value: Buffer.alloc(6) };
  const made = { producerId, producerEpoch: 0, isTransactional: true, isControl: true };
  const bytes = buildBatch({ records: [record], baseOffset: log.endOffset, partitionLeaderEpoch: 0, ...made });
  appendBatch(log, bytes, aborted);
}

function appendBatch(log: PartitionLog, bytes: Uint8Array, aborted?: AbortedTransaction): void {
  log.append({ ...appendedBatch(bytes), aborted });
  log.requestWrite();
}

export function keyMap(bytesMax = 1_000_000): KeyMap {
  return new KeyMap({ hashKey: { low: 1, high: 2 }, bytesMax: () => bytesMax });
}

export function compactionRequest(log: PartitionLog, request: Partial<CompactionRequest> = {}): CompactionRequest {
  return {
    upTo: log.endOffset,
    keys: keyMap(),
    isLastOfProducer: () => false,
    pace: async () => {},
    signal: new AbortController().signal,
    ...request,
  };
}

/** All batches from the start, as a reader gets them. */
export async function batchesOf(log: PartitionLog): Promise<Uint8Array[]> {
  const found: Uint8Array[] = [];
  for (let offset = log.startOffset; offset < log.endOffset; ) {
    const slice = await log.read({ offset, endOffset: log.endOffset, bytesMax: 1e6, atLeastOneBatch: true });
    if (slice.nextOffset <= offset) throw new Error(`nothing can be read at ${offset}`);
    for (const batch of batches(Buffer.concat(slice.parts))) found.push(Uint8Array.from(batch));
    offset = slice.nextOffset;
  }
  return found;
}

/** `offset:k=v` of every record that a client sees. */
export async function recordsIn(log: PartitionLog): Promise<string[]> {
  const found: string[] = [];
  for (const batch of await batchesOf(log)) {
    if (isControl(batch)) continue;
    for (const { offset, key, value } of recordsOf(batch)) found.push(`${offset}:${text(key)}=${text(value)}`);
  }
  return found;
}

function text(bytes: Uint8Array | null): string {
  return bytes === null ? '' : Buffer.from(bytes).toString();
}
