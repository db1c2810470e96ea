/**
 * The logs of deleted topics, on their way out. Owns who waits for that: a topic that is made anew must not meet the logs of the one that had its name.
 * The metadata says which topics are gone, the engine removes.
 */
import type { Lifecycle } from '../base/lifecycle.ts';
import type { LogEngine, LogId } from '../log/log-engine.ts';
import type { MetadataImage, TopicRegistration } from '../metadata/metadata-image.ts';

export interface TopicRemovalsOptions {
  readonly image: MetadataImage;
  readonly engine: LogEngine;
  readonly background: Lifecycle;
}

export class TopicRemovals {
  readonly #options: TopicRemovalsOptions;
  /** By topic name. Never rejects. */
  readonly #underWay = new Map<string, Promise<void>>();

  constructor(options: TopicRemovalsOptions) {
    this.#options = options;
  }

  /** Whether the topic of `log` is known to be gone for good. False where it was forgotten. */
  isGone(log: LogId): boolean {
    return this.#options.image.removedTopics.has(log.topicId);
  }

  /** Undefined when nothing of a topic of this name is on its way out. Else it resolves when that has ended, also in a failure. */
  ended(topicName: string): Promise<void> | undefined {
    return this.#underWay.get(topicName);
  }

  /** The logs are closed when `closing` resolves. */
  remove({ id: topicId, name, partitions }: TopicRegistration, closing: Promise<unknown>): void {
    const earlier = this.#underWay.get(name);
    const remove = async (): Promise<void> => {
      await closing;
      await earlier;
      const ids = partitions.map(({ index }) => ({ topic: name, topicId, partition: index }));
      await Promise.all(ids.map((id) => this.#options.engine.remove(id)));
    };
    this.#run(new Set([name]), remove());
  }

  /**
   * Goes on with removals that a crash has cut short. Openings of such names wait for it; others need not, as looking for the logs takes a while where there are many. To
   * be called once, before anything is opened.
   */
  resume(): void {
    const { image, engine, background } = this.#options;
    const names = new Set(image.removedTopics.values());
    if (names.size === 0) return;
    const remove = async (): Promise<void> => {
      for (const id of await engine.list()) if (this.isGone(id) && !background.stopped) await engine.remove(id);
    };
    this.#run(names, remove());
  }

  /** The background tells of a failure; who comes next only waits for the end. */
  #run(names: ReadonlySet<string>, removal: Promise<void>): void {
    this.#options.background.run('remove the logs of deleted topics', () => removal);
    const ended = removal
      .catch(() => {})
      .finally(() => {
        for (const name of names) if (this.#underWay.get(name) === ended) this.#underWay.delete(name);
      });
    for (const name of names) this.#underWay.set(name, ended);
  }
}
