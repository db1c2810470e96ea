/**
 * Producer state as bytes: Kafka's `.snapshot` file, version 1. An int16 version, the CRC-32C of what follows it, an int32 count, and 46 bytes per
 * producer. Only the newest batch of a producer is kept, so after a restart from a snapshot only that one is known as a duplicate.
 */
import type { PartitionLog } from '../log/log-engine.ts';
import { crc32c } from '../protocol/batch/crc.ts';
import { hasProducerId, isControl, recordCount } from '../protocol/batch/header.ts';
import { type ProducerEntry, ProducerState } from './producer-state.ts';

const version = 1;
const headerBytes = 10;
const crcStart = 6;
const entryBytes = 46;

/** The state at the end of a log: its newest snapshot, and the headers of the batches after it. */
export async function recoverProducers(log: PartitionLog): Promise<ProducerState> {
  const state = new ProducerState();
  const snapshot = await log.latestSnapshot();
  const entries = snapshot === undefined ? undefined : decodeSnapshot(snapshot.bytes);
  for (const entry of entries ?? []) state.restore(entry);
  const from = Math.max(log.startOffset, entries === undefined ? 0 : (snapshot?.offset ?? 0));
  if (from < log.endOffset) {
    await log.scan(from, (header) => {
      if (hasProducerId(header) && !isControl(header) && recordCount(header) > 0) state.apply(header);
    });
  }
  return state;
}

export function encodeSnapshot(state: ProducerState): Uint8Array {
  const bytes = new Uint8Array(headerBytes + state.size * entryBytes);
  const view = new DataView(bytes.buffer);
  view.setInt16(0, version);
  view.setInt32(crcStart, state.size);
  let at = headerBytes;
  for (const entry of state.entries()) {
    const newest = entry.batches.at(-1);
    view.setBigInt64(at, BigInt(entry.producerId));
    view.setInt16(at + 8, entry.epoch);
    view.setInt32(at + 10, newest?.lastSequence ?? -1);
    view.setBigInt64(at + 14, BigInt(newest?.lastOffset ?? -1));
    view.setInt32(at + 22, newest?.offsetDelta ?? 0);
    view.setBigInt64(at + 26, BigInt(entry.lastTimestamp));
    view.setInt32(at + 34, entry.coordinatorEpoch);
    view.setBigInt64(at + 38, BigInt(entry.currentTxnFirstOffset));
    at += entryBytes;
  }
  view.setUint32(2, crc32c(bytes.subarray(crcStart)));
  return bytes;
}

/** The entries of a snapshot; undefined when the bytes are not one (then the state is rebuilt from the log). */
export function decodeSnapshot(bytes: Uint8Array): readonly ProducerEntry[] | undefined {
  if (bytes.length < headerBytes) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getInt16(0) !== version) return undefined;
  if (view.getUint32(2) !== crc32c(bytes.subarray(crcStart))) return undefined;
  const count = view.getInt32(crcStart);
  if (count < 0 || bytes.length !== headerBytes + count * entryBytes) return undefined;
  return Array.from({ length: count }, (_, index) => decodeEntry(view, headerBytes + index * entryBytes));
}

function decodeEntry(view: DataView, at: number): ProducerEntry {
  const lastSequence = view.getInt32(at + 10);
  const lastOffset = Number(view.getBigInt64(at + 14));
  const offsetDelta = view.getInt32(at + 22);
  const timestamp = Number(view.getBigInt64(at + 26));
  // A producer whose last word was a transaction marker has no batch: Kafka writes -1 for it.
  const batches =
    lastOffset < 0
      ? []
      : [
          {
            firstSequence: firstSequenceOf(lastSequence, offsetDelta),
            lastSequence,
            lastOffset,
            offsetDelta,
            timestamp,
          },
        ];
  return {
    producerId: Number(view.getBigInt64(at)),
    epoch: view.getInt16(at + 8),
    batches,
    lastTimestamp: timestamp,
    coordinatorEpoch: view.getInt32(at + 34),
    currentTxnFirstOffset: Number(view.getBigInt64(at + 38)),
  };
}

function firstSequenceOf(lastSequence: number, offsetDelta: number): number {
  const difference = lastSequence - offsetDelta;
  return difference < 0 ? difference + 0x7fffffff + 1 : difference;
}
