/**
 * Files of the machine. Owns how Node's file calls are made; knows nothing of what is in the files.
 *
 * Writes go through the calling thread (decision 0002): copying into the page cache costs 2 us where a trip through the thread pool costs
 * 40. A disk that cannot keep up makes such a write wait inside the kernel, and everything with it; so after a slow one, writes go
 * through the pool for a while. Everything that must wait for the device (sync, cold reads) always goes through the pool.
 */
import fs from 'node:fs';
import { dirname, join } from 'node:path';
import type { Disk, DiskEntry, DiskFile, DiskLock, DiskSpace } from '../base/env.ts';
import { DiskFault } from '../base/faults.ts';
import { codeOf, diskFault } from './disk-fault.ts';
import { takeFileLock } from './file-lock.ts';

/** A write in this thread that took longer was waiting for the device. */
const SLOW_WRITE_MS = 20;
/** For how long after a slow write the others go through the pool. */
const POOL_WRITES_MS = 1_000;

const OPEN_FLAGS = {
  create: fs.constants.O_RDWR | fs.constants.O_CREAT,
  existing: fs.constants.O_RDWR,
  readOnly: fs.constants.O_RDONLY,
} as const;

/** Two volumes, a file system without hard links, too many links of one file, or a file that is not ours to link. */
const CANNOT_LINK = new Set(['EXDEV', 'EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK']);

export class NodeDisk implements Disk {
  readonly #pace: WritePace = { poolUntilMs: 0 };

  async open(path: string, mode: 'create' | 'existing' | 'readOnly'): Promise<DiskFile> {
    const fd = await call<number>('open', path, (done) => fs.open(path, OPEN_FLAGS[mode], 0o644, done));
    return new NodeFile(fd, path, this.#pace);
  }

  async list(path: string): Promise<readonly DiskEntry[]> {
    const names = await call<string[]>('list', path, (done) => fs.readdir(path, done));
    const entries: DiskEntry[] = [];
    // Metadata of a directory just read is in the kernel's memory: one thread-pool trip per name would cost twenty times as much.
    for (const name of names) {
      const entry = statNow(join(path, name), name);
      if (entry !== undefined) entries.push(entry);
    }
    return entries;
  }

  async stat(path: string): Promise<DiskEntry | undefined> {
    return statNow(path, path.slice(path.lastIndexOf('/') + 1));
  }

  async makeDirectory(path: string): Promise<void> {
    await call<string | undefined>('makeDirectory', path, (done) => fs.mkdir(path, { recursive: true }, done));
  }

  async rename(from: string, to: string): Promise<void> {
    await call<void>('rename', from, (done) => fs.rename(from, to, (error) => done(error, undefined)));
  }

  async link(from: string, to: string): Promise<boolean> {
    try {
      await call<void>('link', from, (done) => fs.link(from, to, (error) => done(error, undefined)));
      return true;
    } catch (error) {
      if (error instanceof DiskFault && CANNOT_LINK.has(codeOf(error.cause))) return false;
      throw error;
    }
  }

  async remove(path: string): Promise<void> {
    await call<void>('remove', path, (done) => fs.rm(path, { force: true }, (error) => done(error, undefined)));
  }

  async removeTree(path: string): Promise<void> {
    const options = { recursive: true, force: true };
    await call<void>('removeTree', path, (done) => fs.rm(path, options, (error) => done(error, undefined)));
  }

  async syncDirectory(path: string): Promise<void> {
    // Windows has no such call; its file systems write names in order by themselves.
    if (process.platform === 'win32') return;
    const fd = await call<number>('syncDirectory', path, (done) => fs.open(path, fs.constants.O_RDONLY, done));
    try {
      await call<void>('syncDirectory', path, (done) => fs.fsync(fd, (error) => done(error, undefined)));
    } finally {
      fs.closeSync(fd);
    }
  }

  async space(path: string): Promise<DiskSpace> {
    const stats = await call<fs.StatsFs>('space', path, (done) => fs.statfs(path, done));
    return { totalBytes: stats.blocks * stats.bsize, usableBytes: stats.bavail * stats.bsize };
  }

  async lock(path: string): Promise<DiskLock | undefined> {
    try {
      fs.accessSync(dirname(path), fs.constants.W_OK);
      return takeFileLock(path);
    } catch (error) {
      throw diskFault('lock', path, error);
    }
  }
}

interface WritePace {
  poolUntilMs: number;
}

class NodeFile implements DiskFile {
  readonly #fd: number;
  readonly #path: string;
  readonly #pace: WritePace;

  constructor(fd: number, path: string, pace: WritePace) {
    this.#fd = fd;
    this.#path = path;
    this.#pace = pace;
  }

  async read(target: Uint8Array, position: number): Promise<number> {
    let filled = 0;
    while (filled < target.byteLength) {
      const at = filled;
      const count = await call<number>('read', this.#path, (done) =>
        fs.read(this.#fd, target, at, target.byteLength - at, position + at, (error, bytes) => done(error, bytes)),
      );
      if (count === 0) break;
      filled += count;
    }
    return filled;
  }

  async write(parts: readonly Uint8Array[], position: number): Promise<void> {
    let rest = parts;
    for (let at = position; rest.length > 0; ) {
      const written = await this.#writeSome(rest, at);
      at += written;
      rest = after(rest, written);
    }
  }

  /** How many bytes went; the operating system may take fewer than it was offered. */
  #writeSome(parts: readonly Uint8Array[], position: number): number | Promise<number> {
    const startMs = performance.now();
    if (startMs < this.#pace.poolUntilMs) return this.#writeInPool(parts, position);
    try {
      const written = fs.writevSync(this.#fd, parts, position);
      const endMs = performance.now();
      if (endMs - startMs > SLOW_WRITE_MS) this.#pace.poolUntilMs = endMs + POOL_WRITES_MS;
      return written;
    } catch (error) {
      throw diskFault('write', this.#path, error);
    }
  }

  #writeInPool(parts: readonly Uint8Array[], position: number): Promise<number> {
    return call<number>('write', this.#path, (done) =>
      fs.writev(this.#fd, parts, position, (error, bytes) => done(error, bytes)),
    );
  }

  async truncate(bytes: number): Promise<void> {
    await call<void>('truncate', this.#path, (done) =>
      fs.ftruncate(this.#fd, bytes, (error) => done(error, undefined)),
    );
  }

  async sync(): Promise<void> {
    await call<void>('sync', this.#path, (done) => fs.fdatasync(this.#fd, (error) => done(error, undefined)));
  }

  async size(): Promise<number> {
    try {
      return fs.fstatSync(this.#fd).size;
    } catch (error) {
      throw diskFault('size', this.#path, error);
    }
  }

  async close(): Promise<void> {
    await call<void>('close', this.#path, (done) => fs.close(this.#fd, (error) => done(error, undefined)));
  }
}

/** What is left of `parts` when their first `count` bytes are done with. */
function after(parts: readonly Uint8Array[], count: number): readonly Uint8Array[] {
  let rest = count;
  for (let index = 0; index < parts.length; index += 1) {
    const part = parts[index];
    if (part === undefined || rest < part.byteLength) {
      return part === undefined ? [] : [part.subarray(rest), ...parts.slice(index + 1)];
    }
    rest -= part.byteLength;
  }
  return [];
}

function statNow(path: string, name: string): DiskEntry | undefined {
  try {
    const stats = fs.statSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return undefined;
    const kind = stats.isDirectory() ? 'directory' : 'file';
    return { name, kind, bytes: stats.size, modifiedMs: Math.floor(stats.mtimeMs) };
  } catch (error) {
    if (codeOf(error) === 'ENOTDIR') return undefined;
    throw diskFault('stat', path, error);
  }
}

type Done<T> = (error: Error | null, value: T) => void;

/** One of Node's callback calls as a promise that rejects with a DiskFault. Callbacks cost less than Node's own promises. */
function call<T>(operation: string, path: string, start: (done: Done<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, value) => {
      if (error) reject(diskFault(operation, path, error));
      else resolve(value);
    });
  });
}
