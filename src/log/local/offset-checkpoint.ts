/**
 * `recovery-point-offset-checkpoint` and `log-start-offset-checkpoint`: one offset per partition of the whole data directory. Owns what
 * stands in one such file and how it gets there: changes that come while the file is being written share the next write.
 */
import type { Disk } from '../../base/env.ts';
import { SharedRuns } from '../../base/shared-runs.ts';
import { directoryName } from './file-names.ts';
import { readSmallFile, replaceFile } from './small-files.ts';
import { formatCheckpoint, parseCheckpoint, parseWholeNumber } from './text-checkpoint.ts';

export class OffsetCheckpoint {
  readonly #disk: Disk;
  readonly #root: string;
  readonly #name: string;
  /** By directory name. */
  readonly #offsets: Map<string, number>;
  readonly #writes = new SharedRuns(() => this.#writeNow());

  private constructor(file: { disk: Disk; root: string; name: string }, offsets: Map<string, number>) {
    this.#disk = file.disk;
    this.#root = file.root;
    this.#name = file.name;
    this.#offsets = offsets;
  }

  /** A file that is absent or damaged is an empty one: what it says only saves work, except for log starts, which `onDamage` hears about. */
  static async read(file: { disk: Disk; root: string; name: string }, onDamage: () => void): Promise<OffsetCheckpoint> {
    const bytes = await readSmallFile(file.disk, `${file.root}/${file.name}`);
    const offsets = bytes === undefined ? new Map<string, number>() : parseOffsets(bytes.toString());
    if (offsets === undefined) onDamage();
    return new OffsetCheckpoint(file, offsets ?? new Map());
  }

  get(directory: string): number | undefined {
    return this.#offsets.get(directory);
  }

  get all(): ReadonlyMap<string, number> {
    return this.#offsets;
  }

  /** In memory only, until `write`. */
  set(directory: string, offset: number): void {
    this.#offsets.set(directory, offset);
  }

  /** Resolves when the file says nothing of the directory any more. When it rejects, the file may, and so does this. */
  async forget(directory: string): Promise<void> {
    const offset = this.#offsets.get(directory);
    if (offset === undefined) return;
    this.#offsets.delete(directory);
    try {
      await this.write();
    } catch (error) {
      if (!this.#offsets.has(directory)) this.#offsets.set(directory, offset);
      throw error;
    }
  }

  /** Resolves when a file with everything set so far is durable. */
  write(): Promise<void> {
    return this.#writes.run();
  }

  async #writeNow(): Promise<void> {
    await replaceFile(this.#disk, `${this.#root}/${this.#name}`, formatOffsets(this.#offsets));
    await this.#disk.syncDirectory(this.#root);
  }
}

export function formatOffsets(offsets: ReadonlyMap<string, number>): string {
  const rows: string[] = [];
  for (const [directory, offset] of offsets) {
    const dash = directory.lastIndexOf('-');
    rows.push(`${directory.slice(0, dash)} ${directory.slice(dash + 1)} ${offset}`);
  }
  return formatCheckpoint(rows);
}

export function parseOffsets(text: string): Map<string, number> | undefined {
  const rows = parseCheckpoint(text, 3);
  if (rows === undefined) return undefined;
  const offsets = new Map<string, number>();
  for (const [topic = '', partitionWord, offsetWord] of rows) {
    const partition = parseWholeNumber(partitionWord);
    const offset = parseWholeNumber(offsetWord);
    if (partition === undefined || offset === undefined) return undefined;
    offsets.set(directoryName({ topic, partition }), offset);
  }
  return offsets;
}
