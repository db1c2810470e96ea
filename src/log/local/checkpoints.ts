/** The checkpoint files at the top of a data directory, seen from a log: where checking begins after a crash, where its log starts, and how far it is compacted. */
import type { Disk, Logger } from '../../base/env.ts';
import { CLEANED_OFFSETS, RECOVERY_POINTS, START_OFFSETS } from './file-names.ts';
import { OffsetCheckpoint } from './offset-checkpoint.ts';

export class Checkpoints {
  readonly #recoveryPoints: OffsetCheckpoint;
  readonly #startOffsets: OffsetCheckpoint;
  /** What of `#startOffsets` is known to be in the file. */
  readonly #durableStarts: Map<string, number>;
  readonly #cleanOffsets: OffsetCheckpoint;

  private constructor(files: {
    recoveryPoints: OffsetCheckpoint;
    startOffsets: OffsetCheckpoint;
    cleanOffsets: OffsetCheckpoint;
  }) {
    this.#recoveryPoints = files.recoveryPoints;
    this.#startOffsets = files.startOffsets;
    this.#durableStarts = new Map(files.startOffsets.all);
    this.#cleanOffsets = files.cleanOffsets;
  }

  static async read(disk: Disk, root: string, logger: Logger): Promise<Checkpoints> {
    const recoveryPoints = await OffsetCheckpoint.read({ disk, root, name: RECOVERY_POINTS }, () =>
      logger.warn({ root }, 'the recovery points are damaged: every log is checked from its beginning'),
    );
    const startOffsets = await OffsetCheckpoint.read({ disk, root, name: START_OFFSETS }, () =>
      logger.error({ root }, 'the log start offsets are damaged: deleted records may be readable again'),
    );
    // Kafka leaves this file empty until it has cleaned something; without it compaction only begins anew.
    const cleanOffsets = await OffsetCheckpoint.read({ disk, root, name: CLEANED_OFFSETS }, () => {});
    return new Checkpoints({ recoveryPoints, startOffsets, cleanOffsets });
  }

  recoveryPoint(directory: string): number {
    return this.#recoveryPoints.get(directory) ?? 0;
  }

  startOffset(directory: string): number {
    return this.#durableStarts.get(directory) ?? 0;
  }

  /** Undefined: no compaction has begun in it. */
  cleanOffset(directory: string): number | undefined {
    return this.#cleanOffsets.get(directory);
  }

  async saveCleanOffset(directory: string, offset: number): Promise<void> {
    this.#cleanOffsets.set(directory, offset);
    await this.#cleanOffsets.write();
  }

  /** In memory until the next `writeRecoveryPoints`. */
  setRecoveryPoint(directory: string, offset: number): void {
    this.#recoveryPoints.set(directory, offset);
  }

  /** Durable when it resolves. When it rejects, the point is the one before: an opening must not begin below what the file may say. */
  async lowerRecoveryPoint(directory: string, offset: number): Promise<void> {
    const before = this.recoveryPoint(directory);
    if (before <= offset) return;
    this.#recoveryPoints.set(directory, offset);
    try {
      await this.#recoveryPoints.write();
    } catch (error) {
      this.#recoveryPoints.set(directory, before);
      throw error;
    }
  }

  writeRecoveryPoints(): Promise<void> {
    return this.#recoveryPoints.write();
  }

  /** Durable when it resolves. When it rejects, the start is the one before, and nothing may be done on the word of the new one. */
  async saveStart(directory: string, offset: number): Promise<void> {
    this.#startOffsets.set(directory, offset);
    try {
      await this.#startOffsets.write();
    } catch (error) {
      if (this.#startOffsets.get(directory) === offset) this.#startOffsets.set(directory, this.startOffset(directory));
      throw error;
    }
    this.#durableStarts.set(directory, Math.max(offset, this.startOffset(directory)));
  }

  /**
   * To be durable before the log is gone: whatever a file says of a directory, it would say of the next log of that name. Rejects when a file could not be
   * written.
   */
  async forget(directory: string): Promise<void> {
    const files = [this.#recoveryPoints, this.#cleanOffsets, this.#startOffsets];
    await Promise.all(files.map((file) => file.forget(directory)));
    this.#durableStarts.delete(directory);
  }
}
