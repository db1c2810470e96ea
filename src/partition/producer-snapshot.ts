/**
 * Producer state as bytes: Kafka's `.snapshot` file, version 1. An int16 version, the CRC-32C of what follows it, an int32 count, and 46 bytes per
 * producer with its newest batch.
 *
 * Kafka remembers only that newest batch over a restart, so a retry of the one before it would be refused and written twice by a client that starts over. Behind the
 * entries, where Kafka's reader looks no further, this file therefore has (decision 0014) the older batches: an int32 count of them, and 32 bytes each (producer id, last
 * sequence, last offset, offset delta, timestamp), oldest first per producer; and how many aborted transactions the log's segments list (decision 0019): an int32 count,
 * and 12 bytes each (base offset, count). A file without these parts is read as well.
 */
import { readInt16, readInt32, readInt64, readUint32, writeInt16, writeInt32, writeInt64 } from '../base/big-endian.ts';
import type { AbortedCount, PartitionLog } from '../log/log-engine.ts';
import { crc32c } from '../protocol/batch/crc32c.ts';
import { endTransactionOf } from '../protocol/batch/end-transaction-batch.ts';
import { baseOffset, hasProducerId, isControl, lastOffset, producerId } from '../protocol/batch/header.ts';
import { type ProducerBatch, type ProducerEntry, ProducerState } from './producer-state.ts';

const version = 1;
const headerBytes = 10;
const crcStart = 6;
const entryBytes = 46;
const olderBatchBytes = 32;
const abortedCountBytes = 12;

export interface ProducerSnapshot {
  readonly producers: readonly ProducerEntry[];
  /** What the log's segments listed; undefined in a file that Kafka wrote. */
  readonly aborted: readonly AbortedCount[] | undefined;
}

/**
 * The state at the end of a log: its newest snapshot, and the batches after it. The log gets back what it may have forgotten of its aborted
 * transactions: those above the snapshot, which are not known to be durable, or all when it lists others than the snapshot says.
 */
export async function recoverProducers(log: PartitionLog): Promise<ProducerState> {
  const snapshot = await log.latestSnapshot(decodeSnapshot);
  if (snapshot === undefined) return replayAll(log);
  const { offset: from, state: saved } = snapshot;
  if (from < log.endOffset) await log.forgetAborted(from);
  const isListed = saved.aborted === undefined || log.listsAborted(saved.aborted);
  if (!isListed) await replayAll(log);
  const state = new ProducerState();
  // Batches that were deleted since the snapshot may have ended its transactions and gone on with its sequences: then it knows less than nothing.
  const begin = (firstOffset: number): void => {
    if (firstOffset <= from || from >= log.startOffset) state.restore(saved.producers);
  };
  await replay(log, { from, state, lists: isListed, begin });
  return state;
}

async function replayAll(log: PartitionLog): Promise<ProducerState> {
  const state = new ProducerState();
  await log.forgetAborted(log.startOffset);
  await replay(log, { from: log.startOffset, state, lists: true, begin: () => {} });
  return state;
}

interface Replay {
  readonly from: number;
  readonly state: ProducerState;
  /** Whether the log is told of the aborted transactions that are found. */
  readonly lists: boolean;
  /** Called once, before anything is applied, with the offset of the first batch, or the log end when there is none. */
  readonly begin: (firstOffset: number) => void;
}

async function replay(log: PartitionLog, { from, state, lists, begin }: Replay): Promise<void> {
  let hasBegun = false;
  if (from < log.endOffset) {
    await log.scan(from, (batch) => {
      if (!hasBegun) begin(baseOffset(batch));
      hasBegun = true;
      replayBatch(log, batch, { state, lists });
    });
  }
  if (!hasBegun) begin(log.endOffset);
}

/** A control batch comes whole, of others only the header is needed. A batch that compaction has emptied is there for its sequences. */
function replayBatch(log: PartitionLog, batch: Uint8Array, { state, lists }: Pick<Replay, 'state' | 'lists'>): void {
  if (!hasProducerId(batch)) return;
  if (!isControl(batch)) {
    state.apply(batch);
    return;
  }
  const end = endTransactionOf(batch);
  if (end === undefined) return;
  const aborted = end.isCommit ? undefined : state.abortedBy(producerId(batch), baseOffset(batch));
  if (lists && aborted !== undefined) log.listAborted(aborted);
  state.applyEnd(batch, end);
  // What an opened log holds is committed, markers too.
  state.transactions.release(lastOffset(batch) + 1);
}

export function encodeSnapshot(state: ProducerState, aborted: readonly AbortedCount[]): Uint8Array {
  let olderCount = 0;
  for (const entry of state.entries()) olderCount += Math.max(0, entry.batches.length - 1);
  const olderStart = headerBytes + state.size * entryBytes;
  const abortedStart = olderStart + 4 + olderCount * olderBatchBytes;
  const bytes = new Uint8Array(abortedStart + 4 + aborted.length * abortedCountBytes);
  writeInt16(bytes, 0, version);
  writeInt32(bytes, crcStart, state.size);
  writeInt32(bytes, olderStart, olderCount);
  let at = headerBytes;
  let olderAt = olderStart + 4;
  for (const entry of state.entries()) {
    encodeEntry(bytes, at, entry);
    at += entryBytes;
    for (const batch of entry.batches.slice(0, -1)) {
      encodeOlderBatch(bytes, olderAt, entry.producerId, batch);
      olderAt += olderBatchBytes;
    }
  }
  encodeAborted(bytes, abortedStart, aborted);
  writeInt32(bytes, 2, crc32c(bytes.subarray(crcStart)));
  return bytes;
}

/** What a snapshot says; undefined when the bytes are not one (then the state is rebuilt from the log). */
export function decodeSnapshot(bytes: Uint8Array): ProducerSnapshot | undefined {
  if (bytes.length < headerBytes || readInt16(bytes, 0) !== version) return undefined;
  if (readUint32(bytes, 2) !== crc32c(bytes.subarray(crcStart))) return undefined;
  const count = readInt32(bytes, crcStart);
  const olderStart = headerBytes + count * entryBytes;
  if (count < 0 || bytes.length < olderStart) return undefined;
  const entries = new Map<number, ProducerEntry>();
  for (let at = headerBytes; at < olderStart; at += entryBytes) {
    const entry = decodeEntry(bytes, at);
    entries.set(entry.producerId, entry);
  }
  const abortedStart = decodeOlderBatches(bytes, olderStart, entries);
  return { producers: [...entries.values()], aborted: decodeAborted(bytes, abortedStart) };
}

function encodeEntry(bytes: Uint8Array, at: number, entry: ProducerEntry): void {
  const newest = entry.batches.at(-1);
  writeInt64(bytes, at, entry.producerId);
  writeInt16(bytes, at + 8, entry.epoch);
  writeInt32(bytes, at + 10, newest?.lastSequence ?? -1);
  writeInt64(bytes, at + 14, newest?.lastOffset ?? -1);
  writeInt32(bytes, at + 22, newest?.offsetDelta ?? 0);
  writeInt64(bytes, at + 26, entry.lastTimestamp);
  writeInt32(bytes, at + 34, entry.coordinatorEpoch);
  writeInt64(bytes, at + 38, entry.currentTxnFirstOffset);
}

function decodeEntry(bytes: Uint8Array, at: number): ProducerEntry {
  const newest = decodeBatch(bytes, at + 10);
  return {
    producerId: readInt64(bytes, at),
    epoch: readInt16(bytes, at + 8),
    // A producer whose last word was a transaction marker has no batch: Kafka writes -1 for it.
    batches: newest.lastOffset < 0 ? [] : [newest],
    lastTimestamp: newest.timestamp,
    coordinatorEpoch: readInt32(bytes, at + 34),
    currentTxnFirstOffset: readInt64(bytes, at + 38),
  };
}

function encodeOlderBatch(bytes: Uint8Array, at: number, producerId: number, batch: ProducerBatch): void {
  writeInt64(bytes, at, producerId);
  writeInt32(bytes, at + 8, batch.lastSequence);
  writeInt64(bytes, at + 12, batch.lastOffset);
  writeInt32(bytes, at + 20, batch.offsetDelta);
  writeInt64(bytes, at + 24, batch.timestamp);
}

/** Puts the older batches before the newest one of their producers. The part is absent in a file that Kafka wrote. Answers where it ends. */
function decodeOlderBatches(bytes: Uint8Array, start: number, entries: ReadonlyMap<number, ProducerEntry>): number {
  if (bytes.length < start + 4) return start;
  const count = readInt32(bytes, start);
  if (count < 0 || bytes.length < start + 4 + count * olderBatchBytes) return bytes.length;
  for (let index = 0; index < count; index++) {
    const at = start + 4 + index * olderBatchBytes;
    const batches = entries.get(readInt64(bytes, at))?.batches;
    batches?.splice(batches.length - 1, 0, decodeBatch(bytes, at + 8));
  }
  return start + 4 + count * olderBatchBytes;
}

function encodeAborted(bytes: Uint8Array, start: number, aborted: readonly AbortedCount[]): void {
  writeInt32(bytes, start, aborted.length);
  for (const [index, { baseOffset, count }] of aborted.entries()) {
    writeInt64(bytes, start + 4 + index * abortedCountBytes, baseOffset);
    writeInt32(bytes, start + 12 + index * abortedCountBytes, count);
  }
}

function decodeAborted(bytes: Uint8Array, start: number): readonly AbortedCount[] | undefined {
  if (bytes.length < start + 4) return undefined;
  const aborted: AbortedCount[] = [];
  for (let at = start + 4; at + abortedCountBytes <= bytes.length; at += abortedCountBytes) {
    aborted.push({ baseOffset: readInt64(bytes, at), count: readInt32(bytes, at + 8) });
  }
  return aborted;
}

/** Last sequence, last offset, offset delta and timestamp, one after the other. */
function decodeBatch(bytes: Uint8Array, at: number): ProducerBatch {
  const lastSequence = readInt32(bytes, at);
  const offsetDelta = readInt32(bytes, at + 12);
  const difference = lastSequence - offsetDelta;
  return {
    firstSequence: difference < 0 ? difference + 0x7fffffff + 1 : difference,
    lastSequence,
    lastOffset: readInt64(bytes, at + 4),
    offsetDelta,
    timestamp: readInt64(bytes, at + 16),
  };
}
