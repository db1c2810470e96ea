/**
 * What a broker does without being asked: deletes what retention no longer keeps and logs that no topic has, and forgets idle producers. Owns when, and one thing at a time; the
 * partitions know what.
 */
import type { Env, Timer } from '../base/env.ts';
import type { Lifecycle } from '../base/lifecycle.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import type { LogEngine, LogId } from '../log/log-engine.ts';
import { keyOf } from '../log/log-key.ts';
import type { PartitionDirectory } from './partition-directory.ts';
import type { TopicRemovals } from './topic-removals.ts';

export interface HousekeepingOptions {
  readonly env: Env;
  readonly config: BrokerConfig;
  readonly engine: LogEngine;
  readonly partitions: PartitionDirectory;
  readonly removals: TopicRemovals;
  /** A pass that is under way when this stops is waited for by its owner. */
  readonly background: Lifecycle;
}

export class Housekeeping {
  readonly #options: HousekeepingOptions;
  readonly #timers = new Map<string, Timer>();
  /** The logs of unknown topics that the last pass met, by index and topic id. */
  #unknown: ReadonlySet<string> = new Set();

  constructor(options: HousekeepingOptions) {
    this.#options = options;
  }

  start(): void {
    const { config } = this.#options;
    const retentionMs = config.get('log.retention.check.interval.ms');
    this.#after(config.get('log.initial.task.delay.ms'), {
      name: 'retention',
      everyMs: retentionMs,
      pass: (signal) => this.#applyRetention(signal),
    });
    const producersMs = config.get('producer.id.expiration.check.interval.ms');
    this.#after(producersMs, {
      name: 'expiry of producers',
      everyMs: producersMs,
      pass: async () => this.#expireProducers(),
    });
  }

  /** No further pass begins. */
  stop(): void {
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }

  #after(delayMs: number, task: Task): void {
    const { env, background } = this.#options;
    const timer = env.timers.after(delayMs, () => {
      if (background.stopped) return;
      background.run(task.name, async (signal) => {
        try {
          await task.pass(signal);
        } finally {
          // Unless it was stopped meanwhile, the next pass comes, however this one went.
          if (this.#timers.has(task.name)) this.#after(task.everyMs, task);
        }
      });
    });
    this.#timers.set(task.name, timer);
  }

  /** Also of the logs that nobody has opened yet since the start; one after the other, so that requests come in between. */
  async #applyRetention(signal: AbortSignal): Promise<void> {
    const { engine, partitions } = this.#options;
    const logs = await engine.list();
    await this.#removeForgotten(logs);
    for (const { topicId, partition: index } of logs) {
      if (signal.aborted) return;
      const partition = await partitions.getById(topicId, index);
      // A number is the reason why this broker has no such partition.
      if (typeof partition !== 'number') await partition.applyRetention();
    }
  }

  /**
   * Removes the logs of topics that were deleted while the broker could not remove them. A topic may be unknown because the metadata about it is still on
   * its way (from another broker); one that is unknown in two passes is gone. Unless the metadata says that it was deleted, the log may be somebody's who has put it there,
   * or whose topic id is damaged.
   */
  async #removeForgotten(logs: readonly LogId[]): Promise<void> {
    const { engine, partitions, removals } = this.#options;
    const before = this.#unknown;
    const unknown = logs.filter((id) => partitions.isUnknown(id));
    this.#unknown = new Set(unknown.map(keyOf));
    for (const id of unknown.filter((id) => before.has(keyOf(id)))) {
      await (removals.isGone(id) ? engine.remove(id) : engine.setAside(id));
    }
  }

  #expireProducers(): void {
    for (const partition of this.#options.partitions.open()) partition.expireProducers();
  }
}

interface Task {
  readonly name: string;
  readonly everyMs: number;
  pass(signal: AbortSignal): Promise<void>;
}
