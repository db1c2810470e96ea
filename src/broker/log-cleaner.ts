/**
 * Compacts the logs of this broker, one after the other: always the one with the largest share of new bytes. Owns when, how fast and how much memory;
 * the partitions know what may be touched, the logs how it is done. All logs share one cleaner, as if `log.cleaner.threads` were 1: it shares its
 * thread with the requests, so more of them would only take turns.
 */
import type { Env, Timer } from '../base/env.ts';
import { DiskFault } from '../base/faults.ts';
import { newHashKey } from '../base/half-sip-hash.ts';
import type { Lifecycle } from '../base/lifecycle.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import { dirtyRatio, isWorthCompacting } from '../log/compaction/cleanable.ts';
import type { CompactionResult } from '../log/compaction/compaction-request.ts';
import { KeyMap } from '../log/compaction/key-map.ts';
import { LogClosed, LogCorrupt } from '../log/log-faults.ts';
import type { Partition } from '../partition/partition.ts';
import { MalformedBatch } from '../protocol/batch/malformed-batch.ts';
import { ByteThrottle } from './byte-throttle.ts';

export interface LogCleanerOptions {
  readonly env: Env;
  readonly config: BrokerConfig;
  /** The partitions that are open now. */
  readonly partitions: () => Iterable<Partition>;
  /** A compaction that is under way when this stops is ended and waited for by its owner. */
  readonly background: Lifecycle;
}

export class LogCleaner {
  readonly #options: LogCleanerOptions;
  readonly #throttle: ByteThrottle;
  /** Of one compaction after the other. */
  readonly #keys: KeyMap;
  /** Logs with a batch that cannot be read: they are left alone until they are opened again. */
  readonly #uncleanable = new WeakSet<Partition>();
  #timer: Timer | undefined;
  #stopped = false;

  constructor(options: LogCleanerOptions) {
    this.#options = options;
    const { env, config } = options;
    this.#keys = new KeyMap({
      hashKey: newHashKey(env.random),
      bytesMax: () => config.get('log.cleaner.dedupe.buffer.size') * config.get('log.cleaner.io.buffer.load.factor'),
    });
    this.#throttle = new ByteThrottle({
      clock: env.clock,
      timers: env.timers,
      bytesPerSecond: () => config.get('log.cleaner.io.max.bytes.per.second'),
    });
  }

  start(): void {
    if (this.#options.config.get('log.cleaner.enable')) this.#again();
  }

  /** No further log is begun. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #again(): void {
    const { env, config, background } = this.#options;
    this.#timer = env.timers.after(config.get('log.cleaner.backoff.ms'), () => {
      if (background.stopped || this.#stopped) return;
      background.run('compaction', async (signal) => {
        try {
          await this.#pass(signal);
        } finally {
          if (!this.#stopped) this.#again();
        }
      });
    });
  }

  /** Until no log has enough to do. A log that has just had its turn is not taken again before the next pass. */
  async #pass(signal: AbortSignal): Promise<void> {
    const done = new Set<Partition>();
    for (let next = this.#dirtiest(done); next !== undefined; next = this.#dirtiest(done)) {
      if (signal.aborted || this.#stopped) return;
      done.add(next);
      await this.#compact(next, signal);
    }
  }

  #dirtiest(done: ReadonlySet<Partition>): Partition | undefined {
    let dirtiest: Partition | undefined;
    let mostDirty = -1;
    for (const partition of this.#options.partitions()) {
      if (!partition.settings.cleanupPolicy.includes('compact')) continue;
      if (done.has(partition) || this.#uncleanable.has(partition)) continue;
      const part = partition.cleanable();
      if (!isWorthCompacting(part, partition.settings) || dirtyRatio(part) <= mostDirty) continue;
      dirtiest = partition;
      mostDirty = dirtyRatio(part);
    }
    return dirtiest;
  }

  async #compact(partition: Partition, signal: AbortSignal): Promise<void> {
    const { env } = this.#options;
    const { topic, partition: index } = partition.id;
    const startMs = env.clock.monotonicMs();
    try {
      const result = await partition.compact({
        keys: this.#keys,
        pace: (bytes, ended) => this.#throttle.take(bytes, ended),
        signal,
      });
      if (result !== undefined) this.#log(topic, index, { ...result, tookMs: env.clock.monotonicMs() - startMs });
    } catch (error) {
      if (error instanceof LogCorrupt || error instanceof MalformedBatch) {
        this.#uncleanable.add(partition);
        env.logger.error({ err: error, topic, partition: index }, 'a log cannot be compacted: a batch is damaged');
      } else if (error instanceof DiskFault || error instanceof LogClosed) {
        env.logger.warn({ err: error, topic, partition: index }, 'a compaction has failed and is tried again');
      } else {
        throw error;
      }
    } finally {
      this.#keys.clear();
    }
  }

  #log(topic: string, partition: number, result: CompactionResult & { readonly tookMs: number }): void {
    this.#options.env.logger.debug({ topic, partition, ...result }, 'a log was compacted');
  }
}
