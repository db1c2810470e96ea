/**
 * Finds out from its files what a log is: which segments, from where to where, which epochs. After a crash it checks what was not known to be
 * durable, cuts a torn tail, and says loudly what is lost. It keeps nothing; the log is built from what it returns.
 */
import type { DiskEntry, Env } from '../../base/env.ts';
import { EpochList } from '../epoch-list.ts';
import type { LogId, LogSettings } from '../log-engine.ts';
import { rollJitterMs } from '../segment-roll.ts';
import {
  DELETED,
  fileName,
  LEADER_EPOCHS,
  LOG,
  LOST,
  OFFSET_INDEX,
  parseFileName,
  SNAPSHOT,
  TEMPORARY,
  TIME_INDEX,
  TRANSACTION_INDEX,
} from './file-names.ts';
import { areSane } from './index-sanity.ts';
import type { OffsetRange } from './journal/journal-file.ts';
import { parseLeaderEpochs } from './leader-epoch-checkpoint.ts';
import type { OpenFiles } from './open-files.ts';
import { rebuildIndexes } from './rebuild-indexes.ts';
import { type RecoveredSegment, recoverSegment, refuseLoss } from './recover-segment.ts';
import { newSegmentFacts, Segment, type SegmentFacts } from './segment.ts';
import { finishSwaps } from './segment-swap.ts';
import { readSmallFile } from './small-files.ts';

/** Ends of the names of what recovery takes out of a log: left there until that is durable, so that the next one sees it. */
const TAKEN_OUT = [LOST, SNAPSHOT + DELETED];

export interface DirectoryOpening {
  readonly env: Env;
  readonly files: OpenFiles;
  readonly id: LogId;
  readonly directory: string;
  readonly settings: LogSettings;
  /** From the checkpoint; 0 when it says nothing. */
  readonly startOffset: number;
  /** Below, compaction has been: Apache Kafka's leaves gaps between segments. From the checkpoint; 0 when it says nothing. */
  readonly cleanOffset: number;
  /** Everything below is durable and good. Infinity after a clean stop. */
  readonly recoveryPoint: number;
  /** Where the log ended when it was closed in order, although its files are other ones now; 0 when that is not known. */
  readonly closedOffset: number;
  /** Up to where the journal has the log; 0 when it has nothing of it. */
  readonly journalledOffset: number;
  /** What of it the journal has on stable storage. */
  readonly journalled: OffsetRange | undefined;
  /** Where what was durable is missing, it is not opened, and nothing of it is changed. */
  readonly mustBeWhole: boolean;
  /** Puts the durable recovery point back to the end of what was found, if it is above. */
  readonly distrust: (offset: number) => Promise<void>;
}

export interface OpenedDirectory {
  readonly startOffset: number;
  readonly segments: readonly Segment[];
  readonly epochs: EpochList;
  readonly snapshots: readonly number[];
  /** Bytes of segments that were not known to be sound. */
  readonly bytesChecked: number;
}

export async function openDirectory(opening: DirectoryOpening): Promise<OpenedDirectory> {
  const entries = await removeLeftovers(opening, await listWithoutSwaps(opening));
  const epochs = await readEpochs(opening);
  const epochsBeginAt = epochs?.entries[0]?.startOffset;
  // Epochs of batches that are about to be checked are taken from the batches.
  if (epochs !== undefined) epochs.cutEnd(Math.max(opening.recoveryPoint, opening.startOffset + 1));
  const knowsEpochs = epochs !== undefined;
  const found = { ...opening, knowsEpochs, epochsBeginAt, epochs: epochs ?? new EpochList() };
  let { segments, bytesChecked } = await openSegments(found, entries);
  const endOffset = segments.at(-1)?.endOffset ?? opening.startOffset;
  refuseLoss(endOffset, wholeBelow(opening));
  reportLostBeginning(opening, segments[0]?.baseOffset ?? 0);
  reportLostEnd(opening, endOffset);
  const startOffset = Math.max(opening.startOffset, segments[0]?.baseOffset ?? 0);
  if (startOffset > endOffset) {
    if (isKnownUpTo(opening, startOffset)) {
      for (const segment of segments) await removeSegment(opening, segment.baseOffset);
    } else {
      opening.env.logger.error({ startOffset, endOffset }, 'a log ends before its start and begins anew there');
      await setAside(opening, segments);
    }
    segments = [];
  }
  const firstFreeOffset = Math.max(endOffset, startOffset);
  found.epochs.cutEnd(firstFreeOffset);
  found.epochs.cutStart(startOffset);
  const snapshots = await usableSnapshots(opening, entries, firstFreeOffset);
  return { startOffset, segments, epochs: found.epochs, snapshots, bytesChecked };
}

async function listWithoutSwaps({ env, directory }: DirectoryOpening): Promise<readonly DiskEntry[]> {
  const entries = await env.disk.list(directory);
  // A recovery that was killed may have taken it out, and not durably.
  if (entries.some(({ name }) => TAKEN_OUT.some((suffix) => name.endsWith(suffix)))) {
    await env.disk.syncDirectory(directory);
  }
  return finishSwaps(env, directory, entries);
}

async function removeLeftovers(
  opening: DirectoryOpening,
  entries: readonly DiskEntry[],
): Promise<readonly DiskEntry[]> {
  const kept: DiskEntry[] = [];
  const logs = new Set(entries.filter(({ name }) => name.endsWith(LOG)).map(({ name }) => name.slice(0, -LOG.length)));
  for (const entry of entries) {
    const suffix = parseFileName(entry.name)?.suffix;
    const isIndex = suffix === OFFSET_INDEX || suffix === TIME_INDEX || suffix === TRANSACTION_INDEX;
    const orphaned = isIndex && !logs.has(entry.name.slice(0, -suffix.length));
    if (orphaned || entry.name.endsWith(DELETED) || entry.name.endsWith(TEMPORARY)) {
      await opening.env.disk.remove(`${opening.directory}/${entry.name}`);
    } else {
      kept.push(entry);
    }
  }
  return kept;
}

async function readEpochs(opening: DirectoryOpening): Promise<EpochList | undefined> {
  const bytes = await readSmallFile(opening.env.disk, `${opening.directory}/${LEADER_EPOCHS}`);
  const entries = bytes === undefined ? undefined : parseLeaderEpochs(bytes.toString());
  return entries === undefined ? undefined : new EpochList(entries);
}

interface SegmentsOpening extends DirectoryOpening {
  /** False when they must be taken from all batches. */
  readonly knowsEpochs: boolean;
  /** The first of them, in the file. */
  readonly epochsBeginAt: number | undefined;
  readonly epochs: EpochList;
}

async function openSegments(
  opening: SegmentsOpening,
  entries: readonly DiskEntry[],
): Promise<Pick<OpenedDirectory, 'segments' | 'bytesChecked'>> {
  const all = await removeBelowStart(opening, segmentFacts(entries));
  const segments: Segment[] = [];
  let bytesChecked = 0;
  if (beginningIsMissing(opening, all)) {
    await setAsideAll(opening, all);
    return { segments, bytesChecked };
  }
  for (const [index, facts] of all.entries()) {
    const next = all[index + 1];
    if (next !== undefined && next.baseOffset < opening.recoveryPoint) {
      const trusted = await trustSegment(opening, facts, { endOffset: next.baseOffset, entries });
      segments.push(trusted ?? (await rebuildIndexes({ ...opening, facts, endOffset: next.baseOffset })));
      continue;
    }
    const recovered = await recoverDoubtful(opening, { facts, entries, isLast: next === undefined });
    const { segment, bytesCut } = recovered;
    segments.push(segment);
    bytesChecked += recovered.bytesChecked;
    if (next === undefined) refuseLoss(segment.endOffset, wholeBelow(opening));
    // Segments that will begin below the old recovery point are not to be believed because of it. Where nothing is lost, nothing is written.
    await opening.distrust(segment.endOffset);
    if (bytesCut > 0) {
      opening.env.logger.warn({ fromOffset: segment.endOffset, bytesCut }, 'a torn tail was cut off a log');
    }
    // A segment that begins where this one ends was begun there, so what was cut off is older: an earlier recovery had cut it off, too.
    if (next === undefined || segment.endOffset === next.baseOffset) continue;
    // Where nothing but a crash makes gaps, what lies behind one was never acknowledged: acknowledgements follow syncs, and syncs the order of
    // segments. Ottla's own compaction makes none between segments.
    if (bytesCut === 0 && next.baseOffset <= opening.cleanOffset) continue;
    await setAsideAll(opening, all.slice(index + 1));
    break;
  }
  return { segments, bytesChecked };
}

function recoverDoubtful(
  opening: SegmentsOpening,
  { facts, entries, isLast }: { facts: SegmentFacts; entries: readonly DiskEntry[]; isLast: boolean },
): Promise<RecoveredSegment> {
  const { settings, env, knowsEpochs } = opening;
  const recoveryPoint = knowsEpochs ? opening.recoveryPoint : Math.min(facts.baseOffset, opening.recoveryPoint);
  // Behind a gap nothing is believed: only the last segment may lack something.
  const journalled = isLast && !hasSnapshotAbove(entries, recoveryPoint) ? opening.journalled : undefined;
  const jitterMs = rollJitterMs(settings, env.random.next());
  return recoverSegment({
    ...opening,
    facts,
    recoveryPoint,
    wholeBelow: isLast ? wholeBelow(opening) : 0,
    journalled,
    rollJitterMs: jitterMs,
  });
}

/** A deletion that a crash has interrupted leaves segments below the start, with gaps between them. */
async function removeBelowStart(
  opening: SegmentsOpening,
  all: readonly SegmentFacts[],
): Promise<readonly SegmentFacts[]> {
  const first = all.findLastIndex(({ baseOffset }) => baseOffset <= opening.startOffset);
  for (const { baseOffset } of all.slice(0, Math.max(0, first))) await removeSegment(opening, baseOffset);
  return all.slice(Math.max(0, first));
}

/** Of a log whose beginning is deleted it may be all that is known of producers (invariant I6), and it goes when a power loss leaves an end below it. */
function hasSnapshotAbove(entries: readonly DiskEntry[], offset: number): boolean {
  return entries.some(({ name }) => {
    const parsed = parseFileName(name);
    return parsed?.suffix === SNAPSHOT && parsed.offset > offset;
  });
}

/** The log did reach `offset`, synced or by the journal: segments that end below were deleted, and a crash has left them, or a part of them. */
function isKnownUpTo(opening: DirectoryOpening, offset: number): boolean {
  return Math.max(syncedOffset(opening), opening.journalledOffset) >= offset;
}

/** Up to where the log was in synced segments once, as far as that is known. */
function syncedOffset({ recoveryPoint, closedOffset }: DirectoryOpening): number {
  return Math.max(recoveryPoint === Number.POSITIVE_INFINITY ? 0 : recoveryPoint, closedOffset);
}

function wholeBelow(opening: DirectoryOpening): number {
  return opening.mustBeWhole ? syncedOffset(opening) : 0;
}

async function removeSegment({ env, directory }: DirectoryOpening, baseOffset: number): Promise<void> {
  for (const suffix of [LOG, OFFSET_INDEX, TIME_INDEX, TRANSACTION_INDEX]) {
    await env.disk.remove(`${directory}/${fileName(baseOffset, suffix)}`);
  }
}

/** A complete segment below the recovery point: its indexes are complete and tell the rest. Undefined when they are not, or must be made anew. */
async function trustSegment(
  opening: SegmentsOpening,
  facts: SegmentFacts,
  { endOffset, entries }: { endOffset: number; entries: readonly DiskEntry[] },
): Promise<Segment | undefined> {
  if (!opening.knowsEpochs || !hasIndexes(entries, facts)) return undefined;
  const { directory, files, settings } = opening;
  const shared = { directory, files, exists: true, rollJitterMs: 0, indexBytesMax: settings.segmentIndexBytes };
  const probe = new Segment({ ...shared, facts: { ...facts, endOffset } });
  const isSane = await areSane(probe, files, facts);
  const last = await probe.times.last();
  await probe.close();
  if (!isSane) {
    opening.env.logger.warn({ baseOffset: facts.baseOffset }, 'the indexes of a segment are damaged and made anew');
    return undefined;
  }
  const maxTimestamp = last?.timestamp ?? -1;
  const offsetOfMaxTimestamp = last?.offset ?? facts.baseOffset;
  const segment = new Segment({ ...shared, facts: { ...facts, endOffset, maxTimestamp, offsetOfMaxTimestamp } });
  segment.finished = true;
  return segment;
}

function segmentFacts(entries: readonly DiskEntry[]): SegmentFacts[] {
  const sizes = new Map(entries.map(({ name, bytes }) => [name, bytes]));
  const all: SegmentFacts[] = [];
  for (const { name, bytes, modifiedMs } of entries) {
    const parsed = parseFileName(name);
    if (parsed?.suffix !== LOG) continue;
    const indexBytes = sizes.get(fileName(parsed.offset, OFFSET_INDEX)) ?? 0;
    const timeIndexBytes = sizes.get(fileName(parsed.offset, TIME_INDEX)) ?? 0;
    const transactionIndexBytes = sizes.get(fileName(parsed.offset, TRANSACTION_INDEX)) ?? 0;
    const fileBytes = { bytes, indexBytes, timeIndexBytes, transactionIndexBytes };
    all.push({ ...newSegmentFacts(parsed.offset, modifiedMs), ...fileBytes });
  }
  return all.sort((one, other) => one.baseOffset - other.baseOffset);
}

function hasIndexes(entries: readonly DiskEntry[], { baseOffset }: SegmentFacts): boolean {
  const wanted = [fileName(baseOffset, OFFSET_INDEX), fileName(baseOffset, TIME_INDEX)];
  return wanted.every((name) => entries.some((entry) => entry.name === name));
}

/** Who deletes records says first where the log begins then. (Apache Kafka does not where a segment begins there: it leaves a start of 0.) */
function reportLostBeginning(opening: DirectoryOpening, firstOffset: number): void {
  const { startOffset } = opening;
  if (startOffset > 0 && firstOffset > startOffset) reportLoss(opening, startOffset, firstOffset);
}

/** What lies below the start was deleted, and its segments may have been on their way out. */
function reportLostEnd(opening: DirectoryOpening, endOffset: number): void {
  const fromOffset = Math.max(endOffset, opening.startOffset);
  const toOffset = syncedOffset(opening);
  if (toOffset > fromOffset) reportLoss(opening, fromOffset, toOffset);
}

function reportLoss({ env }: DirectoryOpening, fromOffset: number, toOffset: number): void {
  const message = 'acknowledged records are lost: they were on the disk and are not any more';
  env.logger.error({ fromOffset, toOffset }, message);
}

/**
 * A crash has left only later segments of a log that was never durable beyond its start: nothing in them was acknowledged, else the first would be durable. Where the epochs
 * begin with them, the records before were deleted: Apache Kafka says so nowhere else.
 */
function beginningIsMissing(opening: SegmentsOpening, [first]: readonly SegmentFacts[]): boolean {
  const { startOffset, recoveryPoint, closedOffset, epochsBeginAt } = opening;
  if (first === undefined || first.baseOffset <= startOffset || epochsBeginAt === first.baseOffset) return false;
  return Math.max(recoveryPoint, closedOffset) <= startOffset;
}

async function setAsideAll(opening: DirectoryOpening, all: readonly SegmentFacts[]): Promise<void> {
  for (const { baseOffset, bytes } of all) {
    opening.env.logger.error({ baseOffset, bytes }, 'a segment behind a gap is taken out of the log');
  }
  await setAside(opening, all);
}

/** Takes segments out of the log without destroying them. They must not come back when the log has other records there. */
async function setAside(
  { env, directory }: DirectoryOpening,
  segments: readonly Pick<SegmentFacts, 'baseOffset'>[],
): Promise<void> {
  for (const { baseOffset } of segments) {
    const path = `${directory}/${fileName(baseOffset, LOG)}`;
    await env.disk.rename(path, path + LOST);
    for (const suffix of [OFFSET_INDEX, TIME_INDEX, TRANSACTION_INDEX]) {
      await env.disk.remove(`${directory}/${fileName(baseOffset, suffix)}`);
    }
  }
  if (segments.length > 0) await env.disk.syncDirectory(directory);
}

/** A snapshot beyond the end speaks of records that are lost. It must not come back when the log has other records there. */
async function usableSnapshots(
  { env, directory }: DirectoryOpening,
  entries: readonly DiskEntry[],
  endOffset: number,
): Promise<readonly number[]> {
  const snapshots = entries.flatMap(({ name }) => {
    const parsed = parseFileName(name);
    return parsed?.suffix === SNAPSHOT ? [{ path: `${directory}/${name}`, offset: parsed.offset }] : [];
  });
  const unusable = snapshots.filter(({ offset }) => offset > endOffset);
  for (const { path } of unusable) await env.disk.rename(path, path + DELETED);
  if (unusable.length > 0) await env.disk.syncDirectory(directory);
  for (const { path } of unusable) await env.disk.remove(path + DELETED);
  return snapshots.filter(({ offset }) => offset <= endOffset).map(({ offset }) => offset);
}
