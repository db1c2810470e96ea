/** The writer's snapshots beside the segments: `<offset>.snapshot`. Owns their names and how many stay; not what is in them. */
import type { Disk } from '../../base/env.ts';
import { fileName, SNAPSHOT } from './file-names.ts';
import { readSmallFile, replaceDerivedFile, replaceFile } from './small-files.ts';

const KEPT = 3;

export class SnapshotFiles {
  readonly #disk: Disk;
  readonly #directory: string;
  /** Ascending. */
  #offsets: number[];

  constructor(options: { disk: Disk; directory: string; offsets: readonly number[] }) {
    this.#disk = options.disk;
    this.#directory = options.directory;
    this.#offsets = [...options.offsets].sort((one, other) => one - other);
  }

  get offsets(): readonly number[] {
    return this.#offsets;
  }

  /** `durably`: without it, a power loss may leave a snapshot that is not whole, and the log is read instead. */
  async write(offset: number, bytes: Uint8Array, durably: boolean): Promise<void> {
    await (durably ? replaceFile : replaceDerivedFile)(this.#disk, this.#path(offset), bytes);
    this.#offsets = [...this.#offsets.filter((other) => other !== offset), offset].sort((one, other) => one - other);
    const surplus = this.#offsets.splice(0, this.#offsets.length - KEPT);
    for (const old of surplus) await this.#disk.remove(this.#path(old));
  }

  async latest(): Promise<{ offset: number; bytes: Uint8Array } | undefined> {
    const offset = this.#offsets.at(-1);
    const bytes = offset === undefined ? undefined : await readSmallFile(this.#disk, this.#path(offset));
    return offset === undefined || bytes === undefined ? undefined : { offset, bytes };
  }

  #path(offset: number): string {
    return `${this.#directory}/${fileName(offset, SNAPSHOT)}`;
  }
}
