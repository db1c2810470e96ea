/**
 * Checks one segment file after a crash: every batch from the recovery point on must be whole, have the right checksum and come after the
 * one before. What follows the last good batch is cut off, and both indexes are made anew from there.
 */
import type { DiskFile, Env } from '../../base/env.ts';
import { hasValidCrc } from '../../protocol/batch/crc32c.ts';
import { baseOffset, HEADER_BYTES, lastOffset } from '../../protocol/batch/header.ts';
import { appendedBatch, maxTimestampOfRecords } from '../appended-batch.ts';
import type { EpochList } from '../epoch-list.ts';
import type { LogSettings } from '../log-engine.ts';
import { LogCorrupt } from '../log-faults.ts';
import { walkBatches } from './batch-walk.ts';
import { cutOff } from './cut-off.ts';
import type { OffsetRange } from './journal/journal-file.ts';
import type { OpenFiles } from './open-files.ts';
import { newSegmentFacts, Segment, type SegmentFacts } from './segment.ts';
import { writeAgain } from './write-again.ts';

export interface SegmentRecovery {
  readonly env: Env;
  readonly files: OpenFiles;
  readonly directory: string;
  /** What the directory listing says; the rest is found out. */
  readonly facts: SegmentFacts;
  /** Batches below are known to be good. */
  readonly recoveryPoint: number;
  /** Nothing below may be cut off. */
  readonly wholeBelow: number;
  /** What the journal has of the log, durably. Where that is all that is in doubt, the segment is left to a later sync. */
  readonly journalled: OffsetRange | undefined;
  readonly settings: LogSettings;
  readonly rollJitterMs: number;
  readonly epochs: EpochList;
}

export interface RecoveredSegment {
  readonly segment: Segment;
  /** Bytes that were cut off. */
  readonly bytesCut: number;
  readonly bytesChecked: number;
}

export async function recoverSegment(recovery: SegmentRecovery): Promise<RecoveredSegment> {
  const { files, facts } = recovery;
  const probe = segmentAt(recovery, newFacts(facts));
  const start = await findStart(recovery, probe);
  await probe.offsets.truncateAbove(start.offset);
  await probe.times.truncateAbove(start.offset);
  for (const { entries } of [probe.offsets, probe.times]) {
    await entries.writeAgain();
    await entries.cutFile();
  }
  const last = await probe.times.last();
  const segment = segmentAt(recovery, {
    ...newFacts(facts),
    bytes: start.position,
    firstTimestamp: start.firstTimestamp,
    maxTimestamp: last?.timestamp ?? -1,
    offsetOfMaxTimestamp: last?.offset ?? facts.baseOffset,
    indexBytes: probe.offsets.entries.count * 8,
    timeIndexBytes: probe.times.entries.count * 12,
  });
  await probe.close();
  const durableBytes = await files.use(segment.log, (file) => recoverFile(file, recovery, segment));
  if (segment.abortedCount > 0) await segment.aborted.truncateAbove(segment.endOffset - 1);
  segment.writtenBytes = segment.bytes;
  segment.durableBytes = durableBytes;
  // Where nothing of a file is known to be durable, its name is not either.
  segment.namesDurable = facts.baseOffset < recovery.recoveryPoint;
  segment.modifiedMs = facts.modifiedMs;
  // Nobody has written indexes of an empty one, and it gets them with its first batch or when the log is closed.
  if (segment.bytes === 0) segment.changed = true;
  return { segment, bytesCut: facts.bytes - segment.bytes, bytesChecked: facts.bytes - start.position };
}

/** How much of the file is durable when it resolves. */
async function recoverFile(file: DiskFile, recovery: SegmentRecovery, segment: Segment): Promise<number> {
  const { facts, epochs, recoveryPoint, journalled } = recovery;
  const { indexIntervalBytes } = recovery.settings;
  let doubtful = facts.bytes;
  await walkBatches({
    file,
    from: segment.bytes,
    to: facts.bytes,
    whole: true,
    visit: (batch, position) => {
      if (!isGood(batch, segment.endOffset)) return false;
      if (lastOffset(batch) >= recoveryPoint) doubtful = Math.min(doubtful, position);
      const added = appendedBatch(batch);
      segment.add(added, batch.byteLength, { indexIntervalBytes, nowMs: facts.modifiedMs });
      epochs.onBatch(added.leaderEpoch, added.baseOffset);
      return true;
    },
  });
  refuseLoss(segment.endOffset, recovery.wholeBelow);
  const cut = segment.bytes < facts.bytes;
  if (cut) await cutOff(file, segment.bytes);
  if (!cut && doubtful === facts.bytes) return segment.bytes;
  await writeAgain(file, { from: doubtful, to: segment.bytes });
  // What was cut off would come back as a torn tail.
  if (!cut && has(journalled, { fromOffset: recoveryPoint, endOffset: segment.endOffset })) return doubtful;
  await file.sync();
  return segment.bytes;
}

function has(all: OffsetRange | undefined, { fromOffset, endOffset }: OffsetRange): boolean {
  return all !== undefined && all.fromOffset <= fromOffset && endOffset <= all.endOffset;
}

/** It is what was written, and comes behind what ends at `endOffset`. */
export function isGood(batch: Uint8Array, endOffset: number): boolean {
  return baseOffset(batch) >= endOffset && lastOffset(batch) >= baseOffset(batch) && hasValidCrc(batch);
}

/** Before anything is changed: somebody may have a copy of what is missing. */
export function refuseLoss(endOffset: number, wholeBelow: number): void {
  if (endOffset >= wholeBelow) return;
  throw new LogCorrupt(`the offsets ${endOffset} to ${wholeBelow - 1} are damaged or missing: they were on the disk`);
}

interface RecoveryStart {
  readonly position: number;
  /** Index entries above go. */
  readonly offset: number;
  readonly firstTimestamp: number;
}

/** The last batch below the recovery point that both indexes know; the beginning when they do not lead to one. */
async function findStart(recovery: SegmentRecovery, probe: Segment): Promise<RecoveryStart> {
  const { files, facts, recoveryPoint } = recovery;
  const beginning = { position: 0, offset: facts.baseOffset - 1, firstTimestamp: -1 };
  await probe.offsets.truncateAbove(recoveryPoint - 1);
  await probe.times.truncateAbove(recoveryPoint - 1);
  const time = await probe.times.last();
  const entry = time === undefined ? undefined : await probe.offsets.floor(time.offset);
  if (entry === undefined || entry.position + HEADER_BYTES > facts.bytes) return beginning;
  return files.use(probe.log, async (file) => {
    const header = new Uint8Array(HEADER_BYTES);
    await file.read(header, entry.position);
    if (lastOffset(header) !== entry.offset) return beginning;
    await file.read(header, 0);
    return { ...entry, firstTimestamp: maxTimestampOfRecords(header) };
  });
}

function newFacts(facts: SegmentFacts): SegmentFacts {
  const { indexBytes, timeIndexBytes, transactionIndexBytes, modifiedMs } = facts;
  return { ...newSegmentFacts(facts.baseOffset, modifiedMs), indexBytes, timeIndexBytes, transactionIndexBytes };
}

function segmentAt(recovery: SegmentRecovery, facts: SegmentFacts): Segment {
  const { directory, files, settings, rollJitterMs } = recovery;
  return new Segment({
    directory,
    files,
    facts,
    exists: true,
    rollJitterMs,
    indexBytesMax: settings.segmentIndexBytes,
  });
}
