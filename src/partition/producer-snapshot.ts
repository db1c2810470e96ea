/**
 * Producer state as bytes: Kafka's `.snapshot` file, version 1. An int16 version, the CRC-32C of what follows it, an int32 count, and 46 bytes per
 * producer with its newest batch.
 *
 * Kafka remembers only that newest batch over a restart, so a retry of the one before it would be refused and written twice by a client that starts over. Behind the
 * entries, where Kafka's reader looks no further, this file therefore has (decision 0014) the older batches: an int32 count of them, and 32 bytes each (producer id, last
 * sequence, last offset, offset delta, timestamp), oldest first per producer. A file without that part is read as well.
 */
import { readInt16, readInt32, readInt64, readUint32, writeInt16, writeInt32, writeInt64 } from '../base/big-endian.ts';
import type { PartitionLog } from '../log/log-engine.ts';
import { crc32c } from '../protocol/batch/crc32c.ts';
import { endTransactionOf } from '../protocol/batch/end-transaction-batch.ts';
import { hasProducerId, isControl, recordCount } from '../protocol/batch/header.ts';
import { type ProducerBatch, type ProducerEntry, ProducerState } from './producer-state.ts';

const version = 1;
const headerBytes = 10;
const crcStart = 6;
const entryBytes = 46;
const olderBatchBytes = 32;

/** The state at the end of a log: its newest snapshot, and the headers of the batches after it. */
export async function recoverProducers(log: PartitionLog): Promise<ProducerState> {
  const state = new ProducerState();
  const snapshot = await log.latestSnapshot();
  const entries = snapshot === undefined ? undefined : decodeSnapshot(snapshot.bytes);
  state.restore(entries ?? []);
  const from = Math.max(log.startOffset, entries === undefined ? 0 : (snapshot?.offset ?? 0));
  if (from < log.endOffset) {
    await log.scan(from, (batch) => replayInto(state, batch));
    // What an opened log holds is committed, markers too.
    state.transactions.release(log.endOffset);
  }
  return state;
}

/** A control batch comes whole, of others only the header is needed. What compaction has emptied says nothing. */
function replayInto(state: ProducerState, batch: Uint8Array): void {
  if (!hasProducerId(batch) || recordCount(batch) === 0) return;
  if (!isControl(batch)) {
    state.apply(batch);
    return;
  }
  const end = endTransactionOf(batch);
  if (end !== undefined) state.applyEnd(batch, end);
}

export function encodeSnapshot(state: ProducerState): Uint8Array {
  let olderCount = 0;
  for (const entry of state.entries()) olderCount += Math.max(0, entry.batches.length - 1);
  const olderStart = headerBytes + state.size * entryBytes;
  const bytes = new Uint8Array(olderStart + 4 + olderCount * olderBatchBytes);
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
  writeInt32(bytes, 2, crc32c(bytes.subarray(crcStart)));
  return bytes;
}

/** The entries of a snapshot; undefined when the bytes are not one (then the state is rebuilt from the log). */
export function decodeSnapshot(bytes: Uint8Array): readonly ProducerEntry[] | undefined {
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
  decodeOlderBatches(bytes, olderStart, entries);
  return [...entries.values()];
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

/** Puts the older batches before the newest one of their producers. The part is absent in a file that Kafka wrote. */
function decodeOlderBatches(bytes: Uint8Array, start: number, entries: ReadonlyMap<number, ProducerEntry>): void {
  if (bytes.length < start + 4) return;
  const count = readInt32(bytes, start);
  if (count < 0 || bytes.length < start + 4 + count * olderBatchBytes) return;
  for (let index = 0; index < count; index++) {
    const at = start + 4 + index * olderBatchBytes;
    const batches = entries.get(readInt64(bytes, at))?.batches;
    batches?.splice(batches.length - 1, 0, decodeBatch(bytes, at + 8));
  }
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
