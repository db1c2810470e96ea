/**
 * The writer's snapshots beside the segments: `<offset>.snapshot`. Owns their names, how durable they are and how many stay; not what is in them.
 *
 * As long as a log has all its records, a snapshot only saves reading them. Once its beginning is deleted, the newest snapshot below the durable end is the only place that
 * has what a writer needs of it (invariant I6).
 */
import type { Disk } from '../../base/env.ts';
import { Turns } from '../../base/turns.ts';
import type { Snapshot } from '../log-engine.ts';
import { fileName, SNAPSHOT } from './file-names.ts';
import type { LogDirectory } from './log-directory.ts';
import { readSmallFile, replaceDerivedFile, replaceFile } from './small-files.ts';

const KEPT = 3;

export interface SnapshotToWrite {
  readonly offset: number;
  readonly bytes: Uint8Array;
  /** Without it, a power loss may leave a snapshot that is not whole, as long as the log can be read instead. */
  readonly durably: boolean;
  /** Whatever stops the log, it does not end below. */
  readonly syncedOffset: number;
}

export class SnapshotFiles {
  readonly #disk: Disk;
  readonly #directory: LogDirectory;
  /** Ascending. */
  #offsets: number[];
  /** A crash came since they were written, and nobody has looked at them. */
  #mayBeTorn: boolean;
  /** They are more than a shortcut: the log's beginning is deleted, or about to be. */
  #outlive: boolean;
  /** The last one that is known to be durable, its name too. */
  #durableOffset = -1;
  /** Two may be of the same offset. */
  #writes: Turns | undefined;

  constructor(options: {
    disk: Disk;
    directory: LogDirectory;
    offsets: readonly number[];
    mayBeTorn: boolean;
    outlive: boolean;
  }) {
    this.#disk = options.disk;
    this.#directory = options.directory;
    this.#mayBeTorn = options.mayBeTorn;
    this.#outlive = options.outlive;
    this.#offsets = [...options.offsets].sort((one, other) => one - other);
  }

  get offsets(): readonly number[] {
    return this.#offsets;
  }

  /** Of the newest, if it is known to be durable; else -1. */
  get durableOffset(): number {
    return this.#offsets.at(-1) === this.#durableOffset ? this.#durableOffset : -1;
  }

  /** From now on all are written durably. */
  outlive(): void {
    this.#outlive = true;
  }

  write(snapshot: SnapshotToWrite): Promise<void> {
    this.#writes ??= new Turns();
    return this.#writes.take(() => this.#write(snapshot));
  }

  async #write({ offset, bytes, durably, syncedOffset }: SnapshotToWrite): Promise<void> {
    if (offset === this.durableOffset && (await this.#has(offset, bytes))) return;
    const outlives = this.#outlive;
    await (durably || outlives ? replaceFile : replaceDerivedFile)(this.#disk, this.#path(offset), bytes);
    this.#offsets = [...this.#offsets.filter((other) => other !== offset), offset].sort((one, other) => one - other);
    if (outlives) {
      await this.#directory.sync();
      this.#durableOffset = offset;
    }
    // Those of an end that may be lost do not push out the one that a crash would come back to.
    const sound = this.#offsets.findLast((other) => other <= syncedOffset) ?? offset;
    const newest = this.#offsets.slice(-KEPT);
    await this.#keep(newest.includes(sound) ? newest : [sound, ...newest]);
  }

  async #has(offset: number, bytes: Uint8Array): Promise<boolean> {
    return (await readSmallFile(this.#disk, this.#path(offset)))?.equals(bytes) ?? false;
  }

  /**
   * The newest, if it can be read. Else none of them is of use: what an older one takes for open may have ended since, and compaction may have taken the end
   * away. After a crash only the newest stays, because the others may be torn.
   */
  async latest<State>(decode: (bytes: Uint8Array) => State | undefined): Promise<Snapshot<State> | undefined> {
    const offset = this.#offsets.at(-1);
    if (offset === undefined) return undefined;
    const bytes = await readSmallFile(this.#disk, this.#path(offset));
    const state = bytes === undefined ? undefined : decode(bytes);
    if (state !== undefined && this.#outlive) {
      // The process may have died before the name was durable, and the older ones are about to go.
      if (this.#mayBeTorn) await this.#directory.sync();
      this.#durableOffset = offset;
    }
    if (state === undefined || this.#mayBeTorn) await this.#keep(state === undefined ? [] : [offset]);
    this.#mayBeTorn = false;
    return state === undefined ? undefined : { offset, state };
  }

  async #keep(kept: readonly number[]): Promise<void> {
    const others = this.#offsets.filter((offset) => !kept.includes(offset));
    this.#offsets = [...kept];
    for (const offset of others) await this.#disk.remove(this.#path(offset));
  }

  #path(offset: number): string {
    return `${this.#directory.path}/${fileName(offset, SNAPSHOT)}`;
  }
}
