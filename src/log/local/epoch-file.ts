/** The leader epochs of a log and the file that keeps them. Owns what of them is not in the file yet; writes happen one after the other. */
import type { Disk } from '../../base/env.ts';
import { Turns } from '../../base/turns.ts';
import type { EpochList } from '../epoch-list.ts';
import type { LeaderEpochEntry } from '../log-engine.ts';
import { LEADER_EPOCHS } from './file-names.ts';
import { formatLeaderEpochs } from './leader-epoch-checkpoint.ts';
import { replaceDerivedFile, replaceFile } from './small-files.ts';

export class EpochFile {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #epochs: EpochList;
  #isChanged: boolean;
  /** Of the last batch: nearly always that of the next one. */
  #batchEpoch = -1;
  #writes: Turns | undefined;

  /** `isChanged`: the file may not have them. */
  constructor(options: { disk: Disk; directory: string; epochs: EpochList; isChanged: boolean }) {
    this.#disk = options.disk;
    this.#directory = options.directory;
    this.#epochs = options.epochs;
    this.#isChanged = options.isChanged;
  }

  get entries(): readonly LeaderEpochEntry[] {
    return this.#epochs.entries;
  }

  get isSaved(): boolean {
    return !this.#isChanged;
  }

  onBatch(epoch: number, baseOffset: number): void {
    if (epoch === this.#batchEpoch) return;
    this.#batchEpoch = epoch;
    if (this.#epochs.onBatch(epoch, baseOffset)) this.#isChanged = true;
  }

  /** Not saved: whoever reads the file cuts it at the log's start. */
  cutStart(offset: number): void {
    this.#epochs.cutStart(offset);
  }

  /**
   * To be durable before the recovery point moves, because below it batches are not looked at after a crash, and before batches go. When not `durably`, it counts as not
   * saved.
   */
  save(durably = true): Promise<void> {
    if (!this.#isChanged && (this.#writes?.waiting ?? 0) === 0) return Promise.resolve();
    this.#writes ??= new Turns();
    return this.#writes.take(() => this.#write(durably));
  }

  async #write(durably: boolean): Promise<void> {
    if (!this.#isChanged) return;
    const path = `${this.#directory}/${LEADER_EPOCHS}`;
    if (!durably) return replaceDerivedFile(this.#disk, path, formatLeaderEpochs(this.entries));
    this.#isChanged = false;
    try {
      await replaceFile(this.#disk, path, formatLeaderEpochs(this.entries));
      await this.#disk.syncDirectory(this.#directory);
    } catch (error) {
      this.#isChanged = true;
      throw error;
    }
  }
}
