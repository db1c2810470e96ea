/** The writer's snapshots beside the segments: `<offset>.snapshot`. Owns their names and how many stay; not what is in them. */
import type { Disk } from '../../base/env.ts';
import type { Snapshot } from '../log-engine.ts';
import { fileName, SNAPSHOT } from './file-names.ts';
import { readSmallFile, replaceDerivedFile, replaceFile } from './small-files.ts';

const KEPT = 3;

export class SnapshotFiles {
  readonly #disk: Disk;
  readonly #directory: string;
  /** Ascending. */
  #offsets: number[];
  /** A crash came since they were written, and nobody has looked at them. */
  #mayBeTorn: boolean;

  constructor(options: { disk: Disk; directory: string; offsets: readonly number[]; mayBeTorn: boolean }) {
    this.#disk = options.disk;
    this.#directory = options.directory;
    this.#mayBeTorn = options.mayBeTorn;
    this.#offsets = [...options.offsets].sort((one, other) => one - other);
  }

  get offsets(): readonly number[] {
    return this.#offsets;
  }

  /** `durably`: without it, a power loss may leave a snapshot that is not whole, and the log is read instead. */
  async write(offset: number, bytes: Uint8Array, durably: boolean): Promise<void> {
    await (durably ? replaceFile : replaceDerivedFile)(this.#disk, this.#path(offset), bytes);
    this.#offsets = [...this.#offsets.filter((other) => other !== offset), offset].sort((one, other) => one - other);
    await this.#keep(this.#offsets.slice(-KEPT));
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
    return `${this.#directory}/${fileName(offset, SNAPSHOT)}`;
  }
}
