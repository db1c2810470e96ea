/** The compaction of one log: one at a time, which the end of the log ends. Owns the swap of old segments for compacted ones, which readers and appends go on beside. */
import { assert } from '../../base/assert.ts';
import type { Env } from '../../base/env.ts';
import { cleanablePart } from '../compaction/cleanable.ts';
import type { CompactionRequest, CompactionResult } from '../compaction/compaction-request.ts';
import type { Cleanable, LogSettings } from '../log-engine.ts';
import { compactLog } from './compact-log.ts';
import type { OpenFiles } from './open-files.ts';
import { Segment } from './segment.ts';
import type { SegmentList } from './segment-list.ts';
import { swapSegment } from './segment-swap.ts';

/** The log, as it is now. */
export interface CompactableLog {
  readonly settings: LogSettings;
  readonly startOffset: number;
  readonly endOffset: number;
  /** Below, it is compacted. Undefined: no compaction has begun. */
  readonly cleanOffset: number | undefined;
  /** It has failed, or is closed or about to be. */
  readonly isOver: boolean;
  saveCleanOffset(offset: number): Promise<void>;
  onSwapped(swapped: SwappedSegments): void;
  fail(fault: Error): void;
}

/** Segments up to `endOffset` that are gone, whose files have these names now. */
export interface SwappedSegments {
  readonly replaced: readonly Segment[];
  readonly paths: readonly string[];
  readonly endOffset: number;
}

export interface LogCompactionOptions {
  readonly env: Env;
  readonly files: OpenFiles;
  readonly directory: string;
  readonly segments: SegmentList;
  readonly log: CompactableLog;
}

export class LogCompaction {
  readonly #env: Env;
  readonly #files: OpenFiles;
  readonly #directory: string;
  readonly #segments: SegmentList;
  readonly #log: CompactableLog;
  #isHeld = false;
  #running: { readonly promise: Promise<unknown>; readonly abort: AbortController } | undefined;

  constructor({ env, files, directory, segments, log }: LogCompactionOptions) {
    this.#env = env;
    this.#files = files;
    this.#directory = directory;
    this.#segments = segments;
    this.#log = log;
  }

  cleanable(upTo: number): Cleanable {
    const { settings, startOffset, endOffset, cleanOffset } = this.#log;
    const unfinished = this.#segments.all.find(({ finished }) => !finished);
    return cleanablePart({
      segments: this.#segments.all,
      settings,
      nowMs: this.#env.clock.now(),
      startOffset,
      cleanOffset: Math.min(cleanOffset ?? 0, endOffset),
      upTo: this.#isHeld ? 0 : Math.min(upTo, unfinished?.baseOffset ?? endOffset),
    });
  }

  async run(request: CompactionRequest): Promise<CompactionResult | undefined> {
    assert(this.#running === undefined, 'two compactions of a log at a time', { directory: this.#directory });
    const abort = new AbortController();
    const signal = AbortSignal.any([request.signal, abort.signal]);
    const promise = this.#compact({ ...request, signal });
    this.#running = { promise: promise.catch(() => {}), abort };
    try {
      return await promise;
    } finally {
      this.#running = undefined;
    }
  }

  /** Nothing that is running goes on for long. */
  abort(): void {
    this.#running?.abort.abort();
  }

  /** Until `release`, no segment is put in the place of others. What is running has ended when it resolves. */
  hold(): Promise<void> {
    this.#isHeld = true;
    return this.stop();
  }

  release(): void {
    this.#isHeld = false;
  }

  /** Resolves when nothing is running any more. */
  async stop(): Promise<void> {
    this.abort();
    await this.#running?.promise;
  }

  async #compact(request: CompactionRequest): Promise<CompactionResult | undefined> {
    // Whoever finds gaps must know where they come from, also when this does not end.
    if (this.#log.cleanOffset === undefined) await this.#log.saveCleanOffset(0);
    const compacted = {
      disk: this.#env.disk,
      files: this.#files,
      directory: this.#directory,
      settings: this.#log.settings,
      nowMs: this.#env.clock.now(),
      segments: this.#segments.all,
      isGone: (segment: Segment) => !this.#segments.includes(segment),
      swap: (replaced: readonly Segment[], cleaned: Segment) => this.#swap(replaced, cleaned),
    };
    const result = await compactLog(compacted, this.cleanable(request.upTo), request);
    // Only now: what is not swapped is to be done again.
    if (result !== undefined) await this.#log.saveCleanOffset(result.cleanOffset);
    return result;
  }

  /** False when some of `replaced` are gone meanwhile, or the log is. A swap that fails halfway fails the log: opening it again finishes the swap. */
  async #swap(replaced: readonly Segment[], cleaned: Segment): Promise<boolean> {
    if (this.#log.isOver) return false;
    if (!replaced.every((segment) => this.#segments.includes(segment))) return false;
    try {
      await this.#segments.whileRenaming(() => this.#swapFiles(replaced, cleaned));
      return true;
    } catch (error) {
      this.#log.fail(error instanceof Error ? error : new Error(String(error)));
      throw error;
    }
  }

  async #swapFiles(replaced: readonly Segment[], cleaned: Segment): Promise<void> {
    const { baseOffset } = cleaned;
    const paths = await swapSegment({ disk: this.#env.disk, directory: this.#directory, baseOffset, replaced });
    const endOffset = replaced.at(-1)?.endOffset ?? cleaned.endOffset;
    const segment = new Segment({
      directory: this.#directory,
      files: this.#files,
      facts: { ...cleaned.facts(), endOffset },
      exists: true,
      rollJitterMs: 0,
      indexBytesMax: this.#log.settings.segmentIndexBytes,
    });
    segment.finished = true;
    this.#segments.replace(replaced, segment);
    this.#log.onSwapped({ replaced, paths, endOffset });
  }
}
