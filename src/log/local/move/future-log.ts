/**
 * A log that is being copied into another data directory, file by file, while it is written. Owns the directory (`…-future`) and what is in it: nobody opens it, and
 * without `complete` it means nothing. A file is as good as the original when it has its length, because files of a log that is not compacted only grow or go.
 */
import type { Disk } from '../../../base/env.ts';
import { ifAbsent } from '../../../base/faults.ts';
import type { LogId } from '../../log-engine.ts';
import type { LogCut, SegmentCut } from '../backup/log-cut.ts';
import {
  fileName,
  futureDirectoryName,
  LEADER_EPOCHS,
  LOG,
  LOST,
  OFFSET_INDEX,
  PARTITION_METADATA,
  SNAPSHOT,
  TIME_INDEX,
  TRANSACTION_INDEX,
} from '../file-names.ts';
import { formatLeaderEpochs } from '../leader-epoch-checkpoint.ts';
import { LogDirectory } from '../log-directory.ts';
import type { LogState } from '../log-state.ts';
import { replaceFile } from '../small-files.ts';

const INDEXES = [OFFSET_INDEX, TIME_INDEX, TRANSACTION_INDEX] as const;

/** How much of a file is copied at a time. */
const CHUNK_BYTES = 256 * 1024;

/** The log as it is where it is copied from. */
export interface CopySource {
  /** Its directory. */
  readonly path: string;
  /** As it is in this turn, with what is not yet in its files. */
  cut(): LogCut;
  /** Resolves when everything that was appended is in its files; false when the log has failed. */
  written(): Promise<boolean>;
}

export interface Pace {
  /** Resolves when so many bytes may be copied, or at the signal. */
  readonly pace: (bytes: number, signal: AbortSignal) => Promise<void>;
  readonly signal: AbortSignal;
}

/** What was copied and what the closed log is do not fit together. */
export class CopyUnfit extends Error {
  override readonly name = 'CopyUnfit';
}

export interface FutureLogOptions {
  readonly disk: Disk;
  /** The data directory. */
  readonly root: string;
  readonly id: LogId;
  readonly name: string;
}

export class FutureLog {
  readonly id: LogId;
  readonly name: string;
  readonly path: string;
  readonly #disk: Disk;
  readonly #root: string;
  /** Bytes of the files that are here. */
  readonly #files = new Map<string, number>();
  /** Files that are on stable storage with all their bytes. */
  readonly #synced = new Set<string>();
  #endOffset = 0;
  #hasLost = false;

  constructor(options: FutureLogOptions) {
    this.id = options.id;
    this.name = options.name;
    this.path = `${options.root}/${options.name}`;
    this.#disk = options.disk;
    this.#root = options.root;
  }

  /** Makes the directory. It is durable when this resolves: a wish that was answered outlives a crash. */
  static async make(options: Omit<FutureLogOptions, 'name'> & { readonly unique: string }): Promise<FutureLog> {
    const { disk, root, id, unique } = options;
    const future = new FutureLog({ disk, root, id, name: futureDirectoryName(id, unique) });
    const syncRoot = () => disk.syncDirectory(root);
    const directory = new LogDirectory({
      disk,
      root,
      syncRoot,
      name: future.name,
      topicId: id.topicId,
      durable: false,
    });
    await directory.create();
    await directory.sync();
    return future;
  }

  /** Bytes of the segments, so far. */
  get bytes(): number {
    let sum = 0;
    for (const [name, bytes] of this.#files) if (name.endsWith(LOG)) sum += bytes;
    return sum;
  }

  /** What lies below is here; inside a segment it is estimated from the bytes. */
  get endOffset(): number {
    return this.#endOffset;
  }

  /** How much of the log is not here yet. */
  missingBytes({ segments }: LogCut): number {
    return segments.reduce((sum, segment) => sum + Math.max(0, segment.bytes - this.#bytesOf(logName(segment))), 0);
  }

  /** Copies what the log has now. False when nothing came of it, although something is missing: the log has failed, or its files went meanwhile. Rejects with a DiskFault. */
  async catchUp(source: CopySource, pace: Pace): Promise<boolean> {
    const [cut, before] = [source.cut(), this.bytes];
    if (!(await source.written())) return false;
    if (!this.#hasLost) await this.#copyLost(source, pace);
    for (const [index, segment] of cut.segments.entries()) {
      const endOffset = cut.segments[index + 1]?.baseOffset ?? cut.endOffset;
      if (pace.signal.aborted) return true;
      await this.#copySegment(source, { segment, endOffset }, pace);
    }
    return this.bytes > before || this.missingBytes(cut) === 0;
  }

  /** What recovery has set aside for somebody to look at. */
  async #copyLost({ path }: CopySource, pace: Pace): Promise<void> {
    for (const { name, bytes } of await this.#disk.list(path)) {
      if (!name.endsWith(LOST)) continue;
      await this.#copyFile(path, { name, bytes }, { pace, isShared: true });
      if (this.#bytesOf(name) === bytes) await this.#sync(name);
    }
    this.#hasLost = true;
  }

  async #copySegment(
    { path }: CopySource,
    { segment, endOffset }: { segment: SegmentCut; endOffset: number },
    pace: Pace,
  ): Promise<void> {
    const { baseOffset, bytes, isComplete } = segment;
    const name = logName(segment);
    if (this.#synced.has(name)) return;
    const onBytes = (copied: number) => {
      const share = bytes === 0 ? 1 : copied / bytes;
      this.#endOffset = Math.max(this.#endOffset, baseOffset + Math.floor((endOffset - baseOffset) * share));
    };
    await this.#copyFile(path, { name, bytes }, { pace, isShared: isComplete, onBytes });
    if (this.#bytesOf(name) < bytes || pace.signal.aborted) return;
    // Of a segment that still grows too: a sync in the end has little to do, and appends wait for that one.
    if (!isComplete) return await this.#flush(name);
    for (const suffix of INDEXES) await this.#copyIndex(path, fileName(baseOffset, suffix));
    await this.#sync(name);
  }

  async #copyIndex(path: string, name: string): Promise<void> {
    const found = await this.#disk.stat(`${path}/${name}`);
    if (found === undefined) return;
    await this.#copyFile(path, { name, bytes: found.bytes }, { isShared: false });
    if (this.#files.has(name)) await this.#sync(name);
  }

  /** Goes on where it stopped. A file that retention has taken away meanwhile is none. */
  async #copyFile(
    path: string,
    { name, bytes }: { name: string; bytes: number },
    { pace, isShared, onBytes }: { pace?: Pace; isShared: boolean; onBytes?: (copied: number) => void },
  ): Promise<void> {
    const [from, to] = [`${path}/${name}`, `${this.path}/${name}`];
    let position = this.#bytesOf(name);
    if (isShared && position === 0 && bytes > 0 && (await this.#disk.link(from, to).catch(ifAbsent))) {
      this.#files.set(name, bytes);
      onBytes?.(bytes);
      return;
    }
    const source = await this.#disk.open(from, 'readOnly').catch(ifAbsent);
    if (source === undefined) return;
    const target = await this.#disk.open(to, 'create').catch(async (error: unknown) => {
      await source.close();
      throw error;
    });
    try {
      const buffer = Buffer.allocUnsafeSlow(Math.max(0, Math.min(CHUNK_BYTES, bytes - position)));
      while (position < bytes) {
        const chunk = buffer.subarray(0, Math.min(buffer.byteLength, bytes - position));
        await pace?.pace(chunk.byteLength, pace.signal);
        if (pace?.signal.aborted) return;
        const filled = await source.read(chunk, position);
        if (filled === 0) return;
        await target.write([chunk.subarray(0, filled)], position);
        position += filled;
        this.#files.set(name, position);
        onBytes?.(position);
      }
      this.#files.set(name, position);
    } finally {
      await source.close();
      await target.close();
    }
  }

  /**
   * Makes it the whole log, which is closed and in the state `state`; all of it is durable when this resolves. Rejects with CopyUnfit or a DiskFault.
   * What is left to be copied should be little: appends wait.
   */
  async complete(path: string, state: LogState): Promise<void> {
    const wanted = wantedFiles(state);
    for (const [name, bytes] of wanted) {
      const present = this.#bytesOf(name);
      if (present > bytes || (present < bytes && !name.endsWith(LOG))) await this.#remove(name);
      if (this.#bytesOf(name) < bytes) await this.#copyFile(path, { name, bytes }, { isShared: false });
      if (this.#bytesOf(name) !== bytes) throw new CopyUnfit(`${name} of the log is not as long as it should be`);
    }
    for (const offset of state.snapshots) await this.#copyIndex(path, fileName(offset, SNAPSHOT));
    await replaceFile(this.#disk, `${this.path}/${LEADER_EPOCHS}`, formatLeaderEpochs(state.epochs));
    const snapshots = new Set(state.snapshots.map((offset) => fileName(offset, SNAPSHOT)));
    for (const name of [...this.#files.keys()]) {
      if (!wanted.has(name) && !snapshots.has(name) && !name.endsWith(LOST)) await this.#remove(name);
      else if (!this.#synced.has(name)) await this.#sync(name);
    }
    await this.#disk.syncDirectory(this.path);
  }

  async #remove(name: string): Promise<void> {
    // By its name: the bytes of a shared file are the log's.
    await this.#disk.remove(`${this.path}/${name}`);
    this.#files.delete(name);
    this.#synced.delete(name);
  }

  async #sync(name: string): Promise<void> {
    await this.#flush(name);
    this.#synced.add(name);
  }

  async #flush(name: string): Promise<void> {
    const file = await this.#disk.open(`${this.path}/${name}`, 'existing');
    try {
      await file.sync();
    } finally {
      await file.close();
    }
  }

  /** Takes away what was copied; the wish stays. */
  async empty(): Promise<void> {
    for (const { name } of await this.#disk.list(this.path)) {
      if (name !== PARTITION_METADATA) await this.#disk.remove(`${this.path}/${name}`);
    }
    this.#files.clear();
    this.#synced.clear();
    this.#endOffset = 0;
    this.#hasLost = false;
  }

  /** The wish is gone when this resolves. */
  async discard(): Promise<void> {
    await this.#disk.removeTree(this.path);
    await this.#disk.syncDirectory(this.#root);
  }

  #bytesOf(name: string): number {
    return this.#files.get(name) ?? 0;
  }
}

function logName({ baseOffset }: SegmentCut): string {
  return fileName(baseOffset, LOG);
}

/** The files of the segments, with their lengths; empty ones need not be there. */
function wantedFiles({ segments }: LogState): Map<string, number> {
  const files = new Map<string, number>();
  for (const { baseOffset, bytes, indexBytes, timeIndexBytes, transactionIndexBytes } of segments) {
    files.set(fileName(baseOffset, LOG), bytes);
    files.set(fileName(baseOffset, OFFSET_INDEX), indexBytes);
    files.set(fileName(baseOffset, TIME_INDEX), timeIndexBytes);
    files.set(fileName(baseOffset, TRANSACTION_INDEX), transactionIndexBytes);
  }
  return files;
}
