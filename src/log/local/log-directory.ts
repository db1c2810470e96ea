/** The directory of one partition, as far as its names and its own existence have to be durable. */
import type { Disk } from '../../base/env.ts';
import { PARTITION_METADATA } from './file-names.ts';
import { formatPartitionMetadata } from './partition-metadata.ts';

export class LogDirectory {
  readonly path: string;
  readonly #topicId: string;
  readonly #disk: Disk;
  readonly #syncRoot: () => Promise<void>;
  /** The directory's own name is on stable storage. */
  #durable: boolean;

  constructor(options: {
    disk: Disk;
    root: string;
    syncRoot: () => Promise<void>;
    name: string;
    topicId: string;
    durable: boolean;
  }) {
    this.path = `${options.root}/${options.name}`;
    this.#topicId = options.topicId;
    this.#disk = options.disk;
    this.#syncRoot = options.syncRoot;
    this.#durable = options.durable;
  }

  get durable(): boolean {
    return this.#durable;
  }

  /** Makes the directory and says whose it is. Durable only after a `sync`: nothing relies on an empty log. */
  async create(): Promise<void> {
    await this.#disk.makeDirectory(this.path);
    const file = await this.#disk.open(`${this.path}/${PARTITION_METADATA}`, 'create');
    try {
      await file.truncate(0);
      await file.write([Buffer.from(formatPartitionMetadata(this.#topicId))], 0);
    } finally {
      await file.close();
    }
  }

  /** The names in the directory are durable when this resolves, and so is the directory itself. */
  async sync(): Promise<void> {
    if (!this.#durable) await this.#syncMetadata();
    await this.#disk.syncDirectory(this.path);
    if (!this.#durable) await this.#syncRoot();
    this.#durable = true;
  }

  /** Writes it again: an earlier sync may have failed, after which only the page cache has what it was for (decision 0004). */
  async #syncMetadata(): Promise<void> {
    const file = await this.#disk.open(`${this.path}/${PARTITION_METADATA}`, 'existing');
    try {
      await file.write([Buffer.from(formatPartitionMetadata(this.#topicId))], 0);
      await file.sync();
    } finally {
      await file.close();
    }
  }
}
