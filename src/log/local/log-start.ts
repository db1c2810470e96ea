/**
 * Where one log begins. Owns that a new start is durable before anybody is told of it, and before a segment below it goes (invariant I5), and that the partition
 * can do without the records below it by then (invariant I6). One move comes after the other: one that fails takes its offset back, and an earlier offset must
 * not replace a later one.
 */
import { Turns } from '../../base/turns.ts';
import type { LogId } from '../log-engine.ts';
import { LogClosed } from '../log-faults.ts';
import type { EpochFile } from './epoch-file.ts';
import type { LogHost } from './log-host.ts';
import type { LogSyncer } from './log-syncer.ts';
import type { SnapshotFiles } from './snapshot-files.ts';

/** Whose start it is. */
export interface StartedLog {
  readonly id: LogId;
  /** It has failed, or is closed or about to be. */
  readonly isOver: boolean;
  readonly fault: Error | undefined;
  /** The partition leaves a snapshot, if it needs anything of the records. */
  beforeStart(): Promise<void>;
}

export interface LogStartOptions {
  readonly host: Pick<LogHost, 'saveStart'>;
  readonly log: StartedLog;
  readonly syncer: LogSyncer;
  readonly epochs: EpochFile;
  readonly snapshots: SnapshotFiles;
  readonly offset: number;
}

export class LogStart {
  readonly #host: Pick<LogHost, 'saveStart'>;
  readonly #log: StartedLog;
  readonly #syncer: LogSyncer;
  readonly #epochs: EpochFile;
  readonly #snapshots: SnapshotFiles;
  #offset: number;
  /** Made when first needed: an idle log is to cost little. */
  #moves: Turns | undefined;

  constructor({ host, log, syncer, epochs, snapshots, offset }: LogStartOptions) {
    this.#host = host;
    this.#log = log;
    this.#syncer = syncer;
    this.#epochs = epochs;
    this.#snapshots = snapshots;
    this.#offset = offset;
  }

  get offset(): number {
    return this.#offset;
  }

  /** Durable when it resolves; a start that lies there or beyond stays. */
  moveTo(offset: number): Promise<void> {
    this.#moves ??= new Turns();
    return this.#moves.take(() => this.#move(offset));
  }

  /** Resolves when no move is under way any more. */
  async settled(): Promise<void> {
    await this.#moves?.take(async () => {});
  }

  async #move(offset: number): Promise<void> {
    if (offset <= this.#offset) return;
    this.#assertGoesOn();
    await this.#keepState(offset);
    this.#assertGoesOn();
    await this.#host.saveStart(this.#log.id, offset);
    this.#begin(offset);
  }

  #assertGoesOn(): void {
    const { isOver, fault } = this.#log;
    if (isOver) throw new LogClosed('the start of a closed log stays', { cause: fault });
  }

  /** The partition can do without the records below `offset` when this resolves, whatever a power loss takes of those above. */
  async #keepState(offset: number): Promise<void> {
    const snapshots = this.#snapshots;
    snapshots.outlive();
    if (snapshots.durableOffset < offset) await this.#log.beforeStart();
    const { syncedOffset, durableOffset } = this.#syncer;
    // Recovery takes a snapshot beyond the end of the segments for one of lost records, and a log that ends below its start for a lost one.
    if (snapshots.durableOffset > syncedOffset || offset > durableOffset) await this.#syncer.sync();
  }

  #begin(offset: number): void {
    this.#offset = offset;
    this.#epochs.cutStart(offset);
  }
}
