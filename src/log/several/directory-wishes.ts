/** Where logs that are not there yet are to be made, by name: Apache Kafka's preferred directories. In memory only; the oldest wish goes when there are too many. */
import { keepNewest } from '../../base/keep-newest.ts';
import { limits } from '../../base/limits.ts';
import type { LogName } from '../log-engine.ts';

export class DirectoryWishes {
  readonly #paths = new Map<string, string>();

  set(name: LogName, path: string): void {
    const key = keyOf(name);
    this.#paths.delete(key);
    this.#paths.set(key, path);
    keepNewest(this.#paths, limits.directoryWishes);
  }

  /** The wish, which is fulfilled with this. */
  take(name: LogName): string | undefined {
    const key = keyOf(name);
    const path = this.#paths.get(key);
    this.#paths.delete(key);
    return path;
  }
}

function keyOf({ topic, partition }: LogName): string {
  return `${topic}-${partition}`;
}
