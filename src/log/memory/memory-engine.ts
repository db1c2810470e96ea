/**
 * Logs in memory, for tests and for data that may go with the process. Owns the bound on all of them together: beyond it, appends are
 * refused with `LogFull` until retention has made room.
 */
import { assert } from '../../base/assert.ts';
import type { Env } from '../../base/env.ts';
import { limits } from '../../base/limits.ts';
import type { DirectoryUsage, LogEngine, LogId, LogSettings, LogUsage, PartitionLog } from '../log-engine.ts';
import { RetainedBytes } from '../retained-bytes.ts';
import { MemoryLog, MemoryLogData } from './memory-log.ts';

export interface MemoryEngineOptions {
  readonly env: Env;
  /** Bytes of memory that all logs together may hold on to. */
  readonly bytesMax?: number;
}

export class MemoryLogEngine implements LogEngine {
  readonly #env: Env;
  readonly #bytesMax: number;
  readonly #retained = new RetainedBytes();
  readonly #logs = new Map<string, MemoryLogData>();

  constructor(options: MemoryEngineOptions) {
    this.#env = options.env;
    this.#bytesMax = options.bytesMax ?? limits.memoryLogBytes;
  }

  async open(id: LogId, settings: LogSettings): Promise<PartitionLog> {
    let data = this.#logs.get(nameOf(id));
    assert(data?.open !== true, 'a log opened twice', { id });
    if (data === undefined || data.id.topicId !== id.topicId) {
      data?.release(this.#retained);
      data = new MemoryLogData(id);
      this.#logs.set(nameOf(id), data);
    }
    return new MemoryLog({ env: this.#env, data, settings, retained: this.#retained, bytesMax: this.#bytesMax });
  }

  async list(): Promise<readonly LogId[]> {
    return Array.from(this.#logs.values(), (data) => data.id);
  }

  async remove(id: LogId): Promise<void> {
    const data = this.#logs.get(nameOf(id));
    if (data === undefined || data.id.topicId !== id.topicId) return;
    assert(!data.open, 'an open log removed', { id });
    data.release(this.#retained);
    this.#logs.delete(nameOf(id));
  }

  setAside(id: LogId): Promise<void> {
    return this.remove(id);
  }

  async usage(): Promise<readonly LogUsage[]> {
    return Array.from(this.#logs.values(), ({ id, bytes }) => ({ id, bytes }));
  }

  async directories(): Promise<readonly DirectoryUsage[]> {
    return [{ path: 'memory', isOffline: false, totalBytes: -1, usableBytes: -1, logs: await this.usage() }];
  }

  /** Nothing is kept beyond the process, so nothing has to be done. */
  async close(): Promise<void> {}
}

function nameOf(id: LogId): string {
  return `${id.topic}-${id.partition}`;
}
