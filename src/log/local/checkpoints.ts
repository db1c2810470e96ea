/** The two checkpoint files at the top of a data directory, seen from a log: where checking begins after a crash, and where its log starts. */
import type { Disk, Logger } from '../../base/env.ts';
import { RECOVERY_POINTS, START_OFFSETS } from './file-names.ts';
import { OffsetCheckpoint } from './offset-checkpoint.ts';

export class Checkpoints {
  readonly #recoveryPoints: OffsetCheckpoint;
  readonly #startOffsets: OffsetCheckpoint;

  private constructor(recoveryPoints: OffsetCheckpoint, startOffsets: OffsetCheckpoint) {
    this.#recoveryPoints = recoveryPoints;
    this.#startOffsets = startOffsets;
  }

  static async read(disk: Disk, root: string, logger: Logger): Promise<Checkpoints> {
    const recoveryPoints = await OffsetCheckpoint.read({ disk, root, name: RECOVERY_POINTS }, () =>
      logger.warn({ root }, 'the recovery points are damaged: every log is checked from its beginning'),
    );
    const startOffsets = await OffsetCheckpoint.read({ disk, root, name: START_OFFSETS }, () =>
      logger.error({ root }, 'the log start offsets are damaged: deleted records may be readable again'),
    );
    return new Checkpoints(recoveryPoints, startOffsets);
  }

  recoveryPoint(directory: string): number {
    return this.#recoveryPoints.get(directory) ?? 0;
  }

  startOffset(directory: string): number {
    return this.#startOffsets.get(directory) ?? 0;
  }

  /** In memory until the next `writeRecoveryPoints`. */
  setRecoveryPoint(directory: string, offset: number): void {
    this.#recoveryPoints.set(directory, offset);
  }

  /** Durable when it resolves. */
  async lowerRecoveryPoint(directory: string, offset: number): Promise<void> {
    if (this.recoveryPoint(directory) <= offset) return;
    this.#recoveryPoints.set(directory, offset);
    await this.#recoveryPoints.write();
  }

  writeRecoveryPoints(): Promise<void> {
    return this.#recoveryPoints.write();
  }

  /** Durable when it resolves. */
  async saveStart(directory: string, offset: number): Promise<void> {
    this.#startOffsets.set(directory, offset);
    await this.#startOffsets.write();
  }

  /** The log is gone. The files follow with their next write; until then they speak of a directory that nobody opens. */
  async forget(directory: string): Promise<void> {
    this.#recoveryPoints.delete(directory);
    if (this.#startOffsets.get(directory) === undefined) return;
    this.#startOffsets.delete(directory);
    await this.#startOffsets.write();
  }
}
