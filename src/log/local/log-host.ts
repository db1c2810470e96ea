/** What the engine does for its logs, and what all of them share. */
import type { Env } from '../../base/env.ts';
import type { Slots } from '../../base/slots.ts';
import type { LogId, PartitionLog } from '../log-engine.ts';
import type { RecentBatches } from '../recent-batches.ts';
import type { DiskRoom } from './disk-room.ts';
import type { Journal } from './journal/journal.ts';
import type { SyncRounds } from './journal/sync-rounds.ts';
import type { LogDirectory } from './log-directory.ts';
import type { LogState } from './log-state.ts';
import type { OpenFiles } from './open-files.ts';
import type { Segment } from './segment.ts';
import type { WriteSchedule } from './write-schedule.ts';

export interface LogHost {
  readonly env: Env;
  readonly files: OpenFiles;
  readonly recent: RecentBatches;
  /** Opening and closing take turns: each needs a handful of files at once. */
  readonly slots: Slots;
  readonly syncSlots: Slots;
  readonly room: DiskRoom;
  /** Logs that go on when the disk is full except for its reserve. */
  usesReserve(id: LogId): boolean;
  /** Logs that are not opened where records are missing that were durable. */
  mustBeWhole(id: LogId): boolean;
  /** A log has failed. */
  failed(fault: Error): void;
  readonly syncRounds: SyncRounds;
  readonly journal: Journal;
  readonly writes: WriteSchedule;
  /** Makes `offset` the log's durable start; resolves when it is. */
  saveStart(id: LogId, offset: number): Promise<void>;
  /** Takes the files of segments that are no longer part of the log in this directory. */
  discard(directory: LogDirectory, segments: readonly Segment[], delayMs: number): void;
  /** Below, the log is compacted. */
  cleanOffset(id: LogId): number | undefined;
  saveCleanOffset(id: LogId, offset: number): Promise<void>;
  /** Removes files that have been taken out of the log, some time later. */
  discardRenamed(segments: readonly Segment[], paths: readonly string[], delayMs: number): void;
  /** A segment is complete: checking it after a crash can be spared. */
  wantsCheckpoint(): void;
  /** `state` is undefined when the log failed. */
  closed(log: Pick<PartitionLog, 'id' | 'durableOffset'>, state: LogState | undefined): void;
}
