/**
 * Answers who asks, with a file in the data directory, where all logs stand: the one moment that a backup is of (decision 0022). Opens every log first, so
 * that none waits for its recovery and nothing is in the journal alone. Owns when it looks and what it refuses; copies nothing.
 */
import type { Env, Timer } from '../base/env.ts';
import { DiskFault } from '../base/faults.ts';
import { Lifecycle } from '../base/lifecycle.ts';
import { limits } from '../base/limits.ts';
import { type CutAnswer, takeRequest, writeAnswer } from '../log/local/backup/cut-request.ts';
import type { DirectoryCut } from '../log/local/backup/log-cut.ts';
import type { LogEngine, LogId } from '../log/log-engine.ts';
import { keyOf } from '../log/log-key.ts';
import { metadataLogId } from '../metadata/engine-metadata-log.ts';
import type { PartitionDirectory } from './partition-directory.ts';

/** How often the logs are opened anew because one of them failed before the cut. */
const ATTEMPTS = 5;

export interface BackupCutsOptions {
  readonly env: Env;
  /** Where requests are looked for. */
  readonly root: string;
  readonly engine: LogEngine & { cut(): Promise<readonly DirectoryCut[]> };
  readonly partitions: Pick<PartitionDirectory, 'getById' | 'isUnknown'>;
}

export class BackupCuts {
  readonly #options: BackupCutsOptions;
  readonly #lifecycle: Lifecycle;
  #timer: Timer | undefined;

  constructor(options: BackupCutsOptions) {
    this.#options = options;
    this.#lifecycle = new Lifecycle(options.env.logger);
    this.#lookLater();
  }

  async stop(): Promise<void> {
    this.#timer?.cancel();
    await this.#lifecycle.stop();
  }

  #lookLater(): void {
    this.#timer = this.#options.env.timers.after(limits.cutRequestIntervalMs, () => {
      this.#lifecycle.run('answer a backup', async () => {
        try {
          await this.#look();
        } finally {
          if (!this.#lifecycle.stopped) this.#lookLater();
        }
      });
    });
  }

  async #look(): Promise<void> {
    const { env, root } = this.#options;
    try {
      const id = await takeRequest(env.disk, root);
      if (id === undefined) return;
      const answer = await this.#answer();
      await writeAnswer(env.disk, root, id, answer);
      env.logger.info({ answer: answer.kind }, 'a backup asked for the offsets of all logs');
    } catch (error) {
      if (!(error instanceof DiskFault)) throw error;
      env.logger.warn({ err: error }, 'a backup could not be answered');
    }
  }

  async #answer(): Promise<CutAnswer> {
    const { engine } = this.#options;
    let missed: LogId | undefined;
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      // With its logs in one look: what goes offline later has logs that are missed in the cut.
      const usages = await engine.directories();
      const offline = usages.find(({ isOffline }) => isOffline);
      if (offline !== undefined) return { kind: 'refused', reason: `the data directory ${offline.path} is offline` };
      const wanted = usages.flatMap(({ logs }) => logs.map(({ id }) => id)).filter(isNotMetadata);
      await this.#openAll(wanted);
      const directories = await engine.cut();
      missed = this.#firstMissed(wanted, directories);
      if (missed === undefined) return { kind: 'cut', directories };
    }
    return { kind: 'refused', reason: `the log ${missed?.topic}-${missed?.partition} cannot be opened` };
  }

  async #openAll(logs: readonly LogId[]): Promise<void> {
    for (const { topicId, partition } of logs) {
      if (this.#lifecycle.stopped) break;
      await this.#options.partitions.getById(topicId, partition);
    }
  }

  /** Of a topic that is unknown by now, nothing is missed. */
  #firstMissed(wanted: readonly LogId[], directories: readonly DirectoryCut[]): LogId | undefined {
    const found = new Set(directories.flatMap(({ logs }) => logs.map(keyOf)));
    return wanted.find((id) => !found.has(keyOf(id)) && !this.#options.partitions.isUnknown(id));
  }
}

function isNotMetadata({ topicId }: LogId): boolean {
  return topicId !== metadataLogId.topicId;
}
