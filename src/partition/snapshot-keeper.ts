/**
 * Leaves what a partition knows of its producers beside its log: where a segment begins, at a stop, and before records go that only it would speak of afterwards. Owns when
 * that was done last; what is in it is `producer-snapshot.ts`'s.
 */
import type { Logger } from '../base/env.ts';
import type { PartitionLog } from '../log/log-engine.ts';
import { encodeSnapshot } from './producer-snapshot.ts';
import type { ProducerState } from './producer-state.ts';

export class SnapshotKeeper {
  readonly #logger: Logger;
  readonly #log: PartitionLog;
  readonly #producers: ProducerState;
  #offset = -1;
  #leaving: Promise<void> | undefined;

  constructor(options: { logger: Logger; log: PartitionLog; producers: ProducerState }) {
    this.#logger = options.logger;
    this.#log = options.log;
    this.#producers = options.producers;
    options.log.onRoll = (offset) => {
      this.#leaving = this.leave(offset);
    };
    options.log.beforeStart = () => this.#keep();
  }

  /** Resolves when none is being written where a segment begins. */
  get settled(): Promise<void> | undefined {
    return this.#leaving;
  }

  /**
   * One of `offset`, which is now: the log asks before it takes the batch that begins the new segment. Without a snapshot the next opening only reads more: never
   * rejects.
   */
  async leave(offset: number): Promise<void> {
    if (offset === this.#offset || offset !== this.#log.endOffset) return;
    try {
      await this.#write();
    } catch (error) {
      this.#logger.warn({ err: error, log: this.#log.id, offset }, 'a producer snapshot could not be written');
    }
  }

  /** What is known of producers outlives their records (invariant I6, KIP-360). */
  async #keep(): Promise<void> {
    if (this.#producers.size > 0) await this.#write();
  }

  #write(): Promise<void> {
    this.#offset = this.#log.endOffset;
    return this.#log.writeSnapshot(this.#offset, encodeSnapshot(this.#producers, this.#log.abortedCounts()));
  }
}
