/**
 * The bytes of a journal file. A file is a header and then frames, one per round: all that one round made durable, for however many logs, under one
 * checksum. A frame is believed wholly or not at all, and only when it has the generation of its file: what lies behind the last frame of a file that is
 * used again is older than the file's header says. Pure; touches no disk.
 */
import { writeInt32 } from '../../../base/big-endian.ts';
import { crc32c } from '../../../protocol/batch/crc32c.ts';
import { Reader } from '../../../protocol/reader.ts';
import { type Encoded, Writer } from '../../../protocol/writer.ts';
import { JoinedParts } from '../../joined-parts.ts';
import type { LogId } from '../../log-engine.ts';
import { keyOf } from '../../log-key.ts';

/** The header has a sector of its own: no frame's write can tear it. */
export const FILE_HEADER_BYTES = 512;
/** Length, checksum and generation. */
export const FRAME_HEADER_BYTES = 16;
const CRC_AT = 4;
const HEADER_CRC_AT = 16;
const MAGIC = 0x4f544c4a;
const VERSION = 1;
/** The generation of a file that holds nothing. */
export const FREE = 0;

/** A log in a file: what the file has of it ends before `endOffset`. */
export interface JournalledLog {
  readonly id: LogId;
  endOffset: number;
  /** Its own segments do not have all of that. */
  isNeeded: boolean;
}

/** A log's own, for all of its entries: where it is in the file that took the last one, so that the next looks nothing up. */
export interface JournalSeat {
  readonly id: LogId;
  readonly key: string;
  /** The file's generation. */
  generation: number;
  number: number;
  log: JournalledLog | undefined;
}

export function seatFor(id: LogId): JournalSeat {
  return { id, key: keyOf(id), generation: FREE, number: 0, log: undefined };
}

/** Whole batches of one log, one after the other. */
export interface JournalEntry {
  readonly seat: JournalSeat;
  readonly parts: readonly Uint8Array[];
  readonly bytes: number;
  /** The last offset + 1. */
  readonly endOffset: number;
}

export function formatFileHeader(generation: number): Uint8Array {
  const writer = new Writer(FILE_HEADER_BYTES);
  writer.int32(MAGIC);
  writer.int32(VERSION);
  writer.int64(generation);
  const header = new Uint8Array(FILE_HEADER_BYTES);
  header.set(writer.toBytes());
  writeInt32(header, HEADER_CRC_AT, crc32c(header.subarray(0, HEADER_CRC_AT)));
  return header;
}

/** The generation; undefined when it is no such header. `FREE` when the file holds nothing. */
export function parseFileHeader(header: Uint8Array): number | undefined {
  if (versionOf(header) !== VERSION) return undefined;
  const reader = new Reader(header, 8);
  return reader.int64();
}

/** A sound header of a journal that another version of Ottla wrote. Such headers keep magic, version and checksum where they are. */
export function isOtherVersion(header: Uint8Array): boolean {
  const version = versionOf(header);
  return version !== undefined && version !== VERSION;
}

/** Undefined when the header is damaged, or none. */
function versionOf(header: Uint8Array): number | undefined {
  if (header.byteLength < FILE_HEADER_BYTES) return undefined;
  const reader = new Reader(header);
  const isJournal = reader.int32() === MAGIC;
  const version = reader.int32();
  const crc = new Reader(header, HEADER_CRC_AT).int32();
  return isJournal && crc === (crc32c(header.subarray(0, HEADER_CRC_AT)) | 0) ? version : undefined;
}

/**
 * One frame, as parts: what its batches have in common with their neighbours in memory is one part, and small batches that came together lie together. A log is named
 * once per file and is a number from then on: `numbers` knows those of this file and learns the new ones, so that a small batch costs four bytes beside its own.
 */
export function formatFrame(frame: {
  readonly generation: number;
  readonly entries: readonly JournalEntry[];
  readonly numbers: Map<string, number>;
}): Encoded {
  const head = frameHead(frame);
  const body = new JoinedParts();
  let bytes = head.byteLength;
  for (const entry of frame.entries) {
    for (const part of entry.parts) body.add(part);
    bytes += entry.bytes;
  }
  const parts = [head, ...body.take()];
  let crc = 0;
  for (const part of parts) crc = crc32c(part === head ? head.subarray(CRC_AT + 4) : part, crc);
  writeInt32(head, 0, bytes);
  writeInt32(head, CRC_AT, crc);
  return { parts, bytes };
}

/** Everything before the batches; length and checksum are still to come. */
function frameHead({ generation, entries, numbers }: Parameters<typeof formatFrame>[0]): Uint8Array {
  const head = new Writer(FRAME_HEADER_BYTES + entries.length * 8);
  head.int32(0);
  head.int32(0);
  head.int64(generation);
  const named: LogId[] = [];
  for (const { seat } of entries) {
    if (seat.generation === generation) continue;
    const known = numbers.get(seat.key);
    if (known === undefined) named.push(seat.id);
    seat.number = known ?? numbers.size;
    seat.generation = generation;
    numbers.set(seat.key, seat.number);
  }
  head.uvarint(named.length);
  for (const id of named) {
    head.string(id.topic);
    head.string(id.topicId);
    head.uvarint(id.partition);
  }
  head.uvarint(entries.length);
  for (const { seat, bytes } of entries) {
    head.uvarint(seat.number);
    head.uvarint(bytes);
  }
  return head.toBytes();
}

/** Bytes of the whole frame that begins with `header`, according to it; undefined when it cannot be a frame of this generation. */
export function frameBytes(header: Uint8Array, generation: number): number | undefined {
  const reader = new Reader(header);
  const bytes = reader.int32();
  reader.int32();
  return bytes >= FRAME_HEADER_BYTES && reader.int64() === generation ? bytes : undefined;
}

/** Where an entry's batches are in the frame. */
export interface FrameEntry {
  readonly id: LogId;
  readonly at: number;
  readonly bytes: number;
}

/** The entries of a frame; undefined when it is torn. `ids` are the logs named so far in this file, and learn the new ones. */
export function parseFrame(frame: Uint8Array, ids: LogId[]): readonly FrameEntry[] | undefined {
  if (!isWholeFrame(frame)) return undefined;
  // From here on the bytes are what was written.
  const reader = new Reader(frame, CRC_AT + 4);
  reader.int64();
  for (let named = reader.uvarint(); named > 0; named -= 1) {
    ids.push({ topic: reader.string(), topicId: reader.string(), partition: reader.uvarint() });
  }
  const lengths = Array.from({ length: reader.uvarint() }, () => ({
    number: reader.uvarint(),
    bytes: reader.uvarint(),
  }));
  const entries: FrameEntry[] = [];
  let at = reader.position;
  for (const { number, bytes } of lengths) {
    const id = ids[number];
    if (id === undefined || at + bytes > frame.byteLength) return undefined;
    entries.push({ id, at, bytes });
    at += bytes;
  }
  return entries;
}

/** `frame` is as long as it says. */
export function isWholeFrame(frame: Uint8Array): boolean {
  return new Reader(frame, CRC_AT).int32() === (crc32c(frame.subarray(CRC_AT + 4)) | 0);
}
