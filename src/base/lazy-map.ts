/** A map that takes no memory until something is in it, which counts where thousands of owners have one that never gets anything. Bounding it is its owner's business. */
export class LazyMap<Key, Value> {
  #map: Map<Key, Value> | undefined;

  get size(): number {
    return this.#map?.size ?? 0;
  }

  get(key: Key): Value | undefined {
    return this.#map?.get(key);
  }

  has(key: Key): boolean {
    return this.#map?.has(key) ?? false;
  }

  set(key: Key, value: Value): void {
    this.#map ??= new Map();
    this.#map.set(key, value);
  }

  delete(key: Key): void {
    this.#map?.delete(key);
  }

  keys(): Iterable<Key> {
    return this.#map?.keys() ?? none;
  }

  values(): Iterable<Value> {
    return this.#map?.values() ?? none;
  }

  entries(): Iterable<[Key, Value]> {
    return this.#map?.entries() ?? none;
  }
}

const none: readonly never[] = [];
