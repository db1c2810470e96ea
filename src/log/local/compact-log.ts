/**
 * Compacts a log in files: reads its complete segments, writes what stays into new ones, and has them swapped, group after group. The rules are
 * `src/log/compaction/`'s, the order of names is `segment-swap.ts`'s. It holds files of its own, two at a time, and never keeps a reader or an append
 * waiting; the log decides whether what was written may still take its place.
 */
import type { Disk, DiskFile } from '../../base/env.ts';
import { isAbsent } from '../../base/faults.ts';
import { GatheredBytes } from '../../base/gathered-bytes.ts';
import { limits } from '../../base/limits.ts';
import { hasValidCrc } from '../../protocol/batch/crc32c.ts';
import { appendedBatch } from '../appended-batch.ts';
import { groupSegments } from '../compaction/cleanable.ts';
import { CompactionPass } from '../compaction/compaction-pass.ts';
import type { CompactionRequest, CompactionResult } from '../compaction/compaction-request.ts';
import type { AbortedTransaction, Cleanable, LogSettings } from '../log-engine.ts';
import { LogCorrupt } from '../log-faults.ts';
import { WalkMemory, walkBatches } from './batch-walk.ts';
import { CLEANED } from './file-names.ts';
import type { OpenFiles } from './open-files.ts';
import { newSegmentFacts, Segment } from './segment.ts';
import { removeCleaned } from './segment-swap.ts';

/** The log, as its compaction sees it. */
export interface CompactedLog {
  readonly disk: Disk;
  readonly files: OpenFiles;
  readonly directory: string;
  readonly settings: LogSettings;
  readonly nowMs: number;
  readonly segments: readonly Segment[];
  /** Retention or DeleteRecords have taken it away meanwhile. */
  readonly isGone: (segment: Segment) => boolean;
  /** Swaps, unless some of `replaced` are gone meanwhile. `cleaned` is written and synced, and closed. */
  readonly swap: (replaced: readonly Segment[], cleaned: Segment) => Promise<boolean>;
}

/** Undefined when it was ended before it was through. Rejects with a DiskFault, LogCorrupt or MalformedBatch. */
export async function compactLog(
  log: CompactedLog,
  part: Cleanable,
  request: CompactionRequest,
): Promise<CompactionResult | undefined> {
  const aborted = await abortedSince(log.segments.slice(part.first));
  return new LogCompaction(log, part, { ...request, aborted }).run();
}

/** A transaction is listed where its marker is, which may stand far behind what is cleaned. */
async function abortedSince(segments: readonly Segment[]): Promise<readonly AbortedTransaction[]> {
  const found: AbortedTransaction[] = [];
  for (const segment of segments) {
    if (segment.abortedCount === 0) continue;
    await segment.aborted.collect({ offset: 0, upperOffset: Number.POSITIVE_INFINITY }, found);
  }
  return found;
}

interface KnowingRequest extends CompactionRequest {
  readonly aborted: readonly AbortedTransaction[];
}

class LogCompaction {
  readonly #log: CompactedLog;
  readonly #part: Cleanable;
  readonly #request: KnowingRequest;
  readonly #pass: CompactionPass;
  readonly #segments: readonly Segment[];
  readonly #memory = new WalkMemory();
  readonly #waiting = new GatheredBytes();

  constructor(log: CompactedLog, part: Cleanable, request: KnowingRequest) {
    this.#log = log;
    this.#part = part;
    this.#request = request;
    this.#segments = log.segments.slice(part.first, part.end);
    this.#pass = new CompactionPass({
      dirtyOffset: part.dirtyOffset,
      nowMs: log.nowMs,
      deleteRetentionMs: log.settings.deleteRetentionMs,
      keys: request.keys,
      aborted: request.aborted,
      isLastOfProducer: request.isLastOfProducer,
    });
  }

  get #ended(): boolean {
    return this.#request.signal.aborted;
  }

  async run(): Promise<CompactionResult | undefined> {
    const cleanOffset = await this.#collect();
    const cleaned = this.#segments.filter(({ baseOffset: base }) => base < cleanOffset);
    let bytesBefore = 0;
    let bytesAfter = 0;
    for (const group of groupSegments(cleaned.map(grouped), this.#log.settings)) {
      const bytes = await this.#compactGroup(group.map(({ segment }) => segment));
      if (bytes === undefined) return undefined;
      for (const segment of group) bytesBefore += segment.bytes;
      bytesAfter += bytes;
    }
    return this.#ended ? undefined : { cleanOffset, bytesBefore, bytesAfter };
  }

  /** Answers below where the keys are known. */
  async #collect(): Promise<number> {
    let isFull = false;
    for (const segment of this.#segments) {
      await this.#walk(segment, (batch) => {
        isFull = !this.#pass.collect(batch);
        return !isFull;
      });
      if (isFull) return this.#pass.endOffset;
    }
    return this.#part.endOffset;
  }

  /** Bytes of what stays; undefined when the compaction has ended. */
  async #compactGroup(group: readonly Segment[]): Promise<number | undefined> {
    const writer = await CleanedWriter.open({ log: this.#log, group, waiting: this.#waiting });
    const last = group.findLast(({ bytes }) => bytes > 0);
    try {
      for (const segment of group) await this.#filter(segment, segment === last, writer);
      await writer.finish();
    } catch (error) {
      await writer.abandon();
      throw error;
    }
    const cleaned = writer.segment;
    const isNew = group.length > 1 || writer.hasChanged || cleaned.abortedCount !== group[0]?.abortedCount;
    const stands = !this.#ended && (!isNew || (await this.#log.swap(group, cleaned)));
    if (!stands || !isNew) await removeCleaned(this.#log.disk, this.#log.directory, cleaned.baseOffset);
    return stands ? cleaned.bytes : undefined;
  }

  #filter(segment: Segment, isLast: boolean, writer: CleanedWriter): Promise<void> {
    const visit = (batch: Uint8Array, position: number): boolean => {
      const ends = isLast && position + batch.byteLength === segment.bytes;
      const kept = this.#pass.decide(batch, ends);
      if (kept !== batch) writer.hasChanged = true;
      if (kept !== undefined) writer.add(kept, this.#pass.abortedByLast);
      return true;
    };
    return this.#walk(segment, visit, () => writer.flushWhenMany());
  }

  /** What is written is whole, so a walk that does not come to its end has met damage. */
  async #walk(
    segment: Segment,
    visit: (batch: Uint8Array, position: number) => boolean,
    flush?: () => Promise<number>,
  ): Promise<void> {
    const to = segment.writtenBytes;
    if (to === 0 || this.#ended) return;
    const file = await this.#open(segment);
    if (file === undefined) return;
    const between = async (bytes: number): Promise<void> =>
      this.#request.pace(bytes + ((await flush?.()) ?? 0), this.#request.signal);
    const visitUntilEnd = (batch: Uint8Array, position: number): boolean => {
      if (this.#ended) return false;
      // What is written anew gets a new checksum, which would vouch for the damage.
      if (!hasValidCrc(batch)) throw new LogCorrupt(`the checksum of a batch at ${position} does not fit`);
      return visit(batch, position);
    };
    try {
      const end = await walkBatches({
        file,
        from: 0,
        to,
        whole: true,
        memory: this.#memory,
        visit: visitUntilEnd,
        turns: { bytes: limits.compactionTurnBytes, between },
      });
      if (end.reason === 'torn') throw new LogCorrupt(`a batch at ${end.position} cannot be read by the compaction`);
    } finally {
      await file.close();
    }
  }

  /** Undefined when the segment is gone. What it had does not count any more, and its group is not swapped. */
  async #open(segment: Segment): Promise<DiskFile | undefined> {
    try {
      return await this.#log.disk.open(segment.log.path, 'readOnly');
    } catch (error) {
      if (isAbsent(error) && this.#log.isGone(segment)) return undefined;
      throw error;
    }
  }
}

function grouped(segment: Segment) {
  const { baseOffset: base, endOffset, bytes } = segment;
  const { indexBytes, timeIndexBytes } = segment.facts();
  return { segment, baseOffset: base, endOffset, bytes, indexBytes: Math.max(indexBytes, timeIndexBytes) };
}

interface CleanedWriterOptions {
  readonly log: CompactedLog;
  readonly group: readonly Segment[];
  /** Empty; of one writer after the other. */
  readonly waiting: GatheredBytes;
}

/** Writes one new segment under a name that is not yet part of the log. */
class CleanedWriter {
  readonly segment: Segment;
  /** Something else than the old batches is in it. */
  hasChanged = false;
  readonly #log: CompactedLog;
  readonly #file: DiskFile;
  readonly #modifiedMs: number;
  /** Nothing is added while it is written. */
  readonly #waiting: GatheredBytes;
  #writtenBytes = 0;

  private constructor(
    options: Omit<CleanedWriterOptions, 'group'> & { file: DiskFile; segment: Segment; modifiedMs: number },
  ) {
    this.#log = options.log;
    this.#file = options.file;
    this.segment = options.segment;
    this.#modifiedMs = options.modifiedMs;
    this.#waiting = options.waiting;
  }

  static async open({ log, group, waiting }: CleanedWriterOptions): Promise<CleanedWriter> {
    const [first] = group;
    const facts = newSegmentFacts(first?.baseOffset ?? 0, first?.createdMs ?? log.nowMs);
    const modifiedMs = group.at(-1)?.modifiedMs ?? log.nowMs;
    await removeCleaned(log.disk, log.directory, facts.baseOffset);
    const segment = new Segment({
      directory: log.directory,
      files: log.files,
      facts,
      exists: false,
      rollJitterMs: 0,
      indexBytesMax: log.settings.segmentIndexBytes,
      suffix: CLEANED,
    });
    const file = await log.disk.open(segment.log.path, 'create');
    return new CleanedWriter({ log, file, segment, modifiedMs, waiting });
  }

  add(batch: Uint8Array, aborted: AbortedTransaction | undefined): void {
    const { indexIntervalBytes } = this.#log.settings;
    this.segment.add(appendedBatch(batch), batch.byteLength, { indexIntervalBytes, nowMs: this.#modifiedMs });
    if (aborted !== undefined) this.segment.aborted.append(aborted);
    this.#waiting.add(batch);
  }

  /** Answers how many bytes were written. */
  async flushWhenMany(): Promise<number> {
    return this.#waiting.length < limits.compactionWriteBytes ? 0 : await this.#flush();
  }

  async #flush(): Promise<number> {
    const { bytes: waiting, length: bytes } = this.#waiting;
    if (bytes > 0) await this.#file.write([waiting], this.#writtenBytes);
    this.#waiting.cut(0);
    this.#writtenBytes += bytes;
    await this.segment.flushIndexes();
    return bytes;
  }

  /** All of it is on stable storage when this resolves. */
  async finish(): Promise<void> {
    await this.#flush();
    await this.#file.sync();
    await this.#file.close();
    await this.segment.finish();
    if (!this.segment.isAbortedSynced) await this.segment.aborted.sync();
    await this.segment.close();
  }

  async abandon(): Promise<void> {
    await this.#file.close();
    await this.segment.close();
    await removeCleaned(this.#log.disk, this.#log.directory, this.segment.baseOffset);
  }
}
